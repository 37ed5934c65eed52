import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import { mortal, type User } from "./mortal.ts";
import { descendants, isStopped } from "./process-tree.ts";
import type { TestServer } from "./test-server.ts";

/** What a server of one kind is to its process. */
export interface ServerKind {
  name: string;
  url(port: number): string;
  /** The program and its arguments. `data` is the folder that is its own. */
  command(port: number, data: string): string[];
  /** Fills the new data folder, which belongs to `user` already. */
  prepare?(data: string): void;
  /** Resolves if it answers on this port, else rejects. */
  ping(port: number): Promise<void>;
  /** Which asks it to end; SIGTERM if absent. */
  endsOn?: NodeJS.Signals;
  /** Which ends it at once, whatever becomes of its data; SIGKILL if absent. */
  endsAtOnceOn?: NodeJS.Signals;
  /** Runs as this user; only root can. */
  user?: User;
}

const PATIENCE_MS = 30_000;

export class ServerProcess implements TestServer {
  readonly port: number;
  readonly #kind: ServerKind;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(kind: ServerKind, port: number, folder: string) {
    this.#kind = kind;
    this.port = port;
    this.#folder = folder;
  }

  static async start(kind: ServerKind): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), `switchboard-${kind.name}-`));
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    if (kind.user) for (const path of [folder, data]) chownSync(path, kind.user.uid, kind.user.gid);
    kind.prepare?.(data);
    const server = new ServerProcess(kind, await freePort(), folder);
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  get url(): string {
    return this.#kind.url(this.port);
  }

  get pid(): number {
    const pid = this.#running?.pid;
    if (!pid) throw new Error(`${this.#kind.name} does not run`);
    return pid;
  }

  stop(): Promise<void> {
    return this.#ask(this.#kind.endsOn ?? "SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#end(() => this.#signal("SIGKILL"));
  }

  pause(): void {
    this.#signal("SIGSTOP");
    const deadline = Date.now() + PATIENCE_MS;
    while (this.#processes.some((pid) => !isStopped(pid))) {
      if (Date.now() > deadline) throw new Error(`${this.#kind.name} does not stop`);
    }
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  async restart(): Promise<void> {
    await this.kill();
    const child = this.#spawn();
    this.#child = child;
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) throw this.#failure();
      await wait(20);
    }
  }

  async remove(): Promise<void> {
    await this.#ask(this.#kind.endsAtOnceOn ?? "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #running(): ChildProcess | undefined {
    const child = this.#child;
    return child?.exitCode === null && child.signalCode === null ? child : undefined;
  }

  get #log(): string {
    return join(this.#folder, "output");
  }

  #spawn(): ChildProcess {
    const { command, endsAtOnceOn, user } = this.#kind;
    const output = openSync(this.#log, "a");
    const [program, ...args] = mortal(command(this.port, join(this.#folder, "data")), { by: endsAtOnceOn, user });
    const child = spawn(program, args, { cwd: this.#folder, stdio: ["ignore", output, output] });
    closeSync(output);
    return child;
  }

  #signal(signal: NodeJS.Signals): void {
    for (const pid of this.#processes) deliver(pid, signal);
  }

  /** Whoever starts others comes before them: when it is stopped, no more are started. */
  get #processes(): number[] {
    const pid = this.#running?.pid;
    return pid ? [pid, ...descendants(pid)] : [];
  }

  /** With a limit to its patience. */
  async #ask(signal: NodeJS.Signals): Promise<void> {
    this.resume();
    const late = setTimeout(() => this.#signal("SIGKILL"), PATIENCE_MS);
    await this.#end((child) => child.kill(signal));
    clearTimeout(late);
  }

  async #end(ask: (child: ChildProcess) => void): Promise<void> {
    const child = this.#running;
    if (!child) return;
    const ended = once(child, "exit");
    const processes = this.#processes;
    ask(child);
    await ended;
    while (processes.some((pid) => deliver(pid, 0))) await wait(5);
  }

  #answers(): Promise<boolean> {
    return this.#kind.ping(this.port).then(
      () => true,
      () => false,
    );
  }

  #failure(): Error {
    return new Error(`${this.#kind.name} did not start:\n${readFileSync(this.#log, "utf8")}`);
  }
}

/** False if there is no such process. */
function deliver(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
