import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Memory } from "./gauge.ts";

/** Linux counts processor time in these. */
const TICKS_A_SECOND = 100;
const READY_MS = 60_000;
const END_MS = 20_000;

export interface Program {
  args: string[];
  env: Record<string, string>;
  /** Answers 200 once the server is ready. */
  readyPath: string;
}

/** A server in a process of its own, whose costs can be read from outside. */
export class Server {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #readyPath: string;
  #output = "";

  private constructor(child: ChildProcess, port: number, readyPath: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#child = child;
    this.#readyPath = readyPath;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (this.#output += text));
  }

  static async start({ args, env, readyPath }: Program): Promise<Server> {
    const port = await freePort();
    const flags = (process.env.BENCH_NODE_FLAGS ?? "").split(" ").filter(Boolean);
    const gauge = new URL("./gauge.ts", import.meta.url).href;
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...flags, "--import", gauge, ...args], {
      env: { PATH: process.env.PATH, HOST: "127.0.0.1", ...env, PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const server = new Server(child, port, readyPath);
    await server.#ready();
    return server;
  }

  /** Processor time that all its threads have used, in seconds. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "latin1");
    // After the name in parentheses, which may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  }

  /** After a garbage collection. */
  async memory(): Promise<Memory> {
    this.#child.send("memory");
    const [answer] = await once(this.#child, "message");
    return answer as Memory;
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), END_MS);
    await ended;
    clearTimeout(late);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #ready(): Promise<void> {
    for (const deadline = Date.now() + READY_MS; Date.now() < deadline; await wait(20)) {
      if (this.#hasEnded) throw new Error(`the server ended:\n${this.#output}`);
      const answer = await fetch(this.url + this.#readyPath).catch(() => undefined);
      if (answer?.status === 200) return;
    }
    await this.end();
    throw new Error(`the server is not ready:\n${this.#output}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
