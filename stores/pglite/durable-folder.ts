import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import { type Disk, disk } from "./disk.ts";

type NodeFSInit = Parameters<NodeFS["init"]>;

/** What is used of Emscripten's file system, which has no fsync of its own. */
interface Files {
  realPath(node: Node): string;
  stream_ops: {
    fsync?(stream: Stream): number;
    write(stream: Stream, ...what: unknown[]): number;
  };
}
interface Stream {
  node: Node;
}
interface Node {
  name: string;
  parent: Node;
}

/** EIO, as the database counts errors. */
const FAILED = 29;

/** Of the ways to sync its log, the one that reaches `fsync` here; and fsync is not turned off, as PGlite has it. */
export const durableStart = [...PGlite.defaultStartParams.filter((param) => param !== "-F"), "-c", "wal_sync_method=fsync"];

/**
 * A folder of PGlite whose commits survive the death of the machine. What the database asks to be synced is synced at
 * once, except for its write-ahead log: that is asked at every commit and would stop every socket of the process. The
 * log is synced in the thread pool, for all commits that wait together; whoever answers for a commit waits for `synced`.
 * Nothing else is written before, so the log stays ahead of the data.
 */
export class DurableFolder extends NodeFS {
  readonly #disk: Disk;
  #unsynced = new Set<string>();
  #underWay = new Set<string>();
  #syncing: Promise<void> | undefined;

  constructor(dir: string, on: Disk = disk) {
    super(dir);
    this.#disk = on;
  }

  override init(pg: NodeFSInit[0], options: NodeFSInit[1]): ReturnType<NodeFS["init"]> {
    const preRun: NodeFSInit[1]["preRun"] = [(mod) => this.#attend(mod.NODEFS as unknown as Files)];
    return super.init(pg, { ...options, preRun: [...(options.preRun ?? []), ...preRun] });
  }

  /** Resolves when all commits so far are on disk. Once that failed it never does: nobody can say what is there. */
  async synced(): Promise<void> {
    await this.#syncing;
    if (this.#unsynced.size > 0) this.#syncing ??= this.#sync();
    await this.#syncing;
  }

  #attend(files: Files): void {
    const { write } = files.stream_ops;
    files.stream_ops.write = (stream, ...what) => {
      if (!isLog(stream)) this.#syncLogNow();
      return write(stream, ...what);
    };
    files.stream_ops.fsync = (stream) => {
      const path = files.realPath(stream.node);
      if (isLog(stream)) this.#unsynced.add(path);
      else return this.#syncNow(path);
      return 0;
    };
  }

  #syncNow(path: string): number {
    try {
      this.#syncLogNow();
      this.#disk.syncNow(path);
      return 0;
    } catch {
      return FAILED;
    }
  }

  #syncLogNow(): void {
    for (const path of new Set([...this.#underWay, ...this.#unsynced])) this.#syncOneNow(path);
    this.#underWay = new Set();
    this.#unsynced = new Set();
  }

  #syncOneNow(path: string): void {
    try {
      this.#disk.syncNow(path);
    } catch (error) {
      unlessGone(error);
    }
  }

  async #sync(): Promise<void> {
    this.#underWay = this.#unsynced;
    this.#unsynced = new Set();
    await Promise.all([...this.#underWay].map((path) => this.#disk.sync(path).catch(unlessGone)));
    this.#underWay = new Set();
    this.#syncing = undefined;
  }
}

const isLog = ({ node }: Stream) => node.parent.name === "pg_wal" && /^[0-9A-F]{24}$/.test(node.name);

/** Of the log a checkpoint takes away or renames what is not needed any more, just after it asked for that to be synced. */
function unlessGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
