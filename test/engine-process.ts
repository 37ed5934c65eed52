import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { mortal } from "./servers/mortal.ts";
import { startArguments } from "./start-arguments.ts";

/** The engine as `npm start` runs it: a process of its own that can be killed and started again on its data. */
export class EngineProcess {
  readonly url: string;
  readonly dataDir: string;
  #port: number;
  #env: Record<string, string>;
  #config: string;
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(port: number, dataDir: string, env: Record<string, string>, config: string) {
    this.#port = port;
    this.#env = env;
    this.#config = config;
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** `config`: what it runs. */
  static async start(env: Record<string, string> = {}, config = "moleculer.config.ts"): Promise<EngineProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), "switchboard-process-"));
    const template = process.env.SWITCHBOARD_ACCOUNTS_TEMPLATE;
    if (template && existsSync(template)) cpSync(template, join(dataDir, "accounts"), { recursive: true });
    const engine = new EngineProcess(await freePort(), dataDir, env, config);
    await engine.start();
    return engine;
  }

  /** Resolves when it is ready; rejects with its output when it ends before, or is not ready in 30 s. */
  async start(): Promise<void> {
    this.#output = "";
    const [program, ...args] = mortal([process.execPath, ...startArguments(this.#config)]);
    const child = spawn(program, args, {
      env: {
        PATH: process.env.PATH,
        HOST: "127.0.0.1",
        LOG_LEVEL: "warn",
        RATE_LIMITS: "off",
        ...this.#env,
        PORT: String(this.#port),
        DATA_DIR: this.dataDir,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (this.#output += text));
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await wait(20)) {
      if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}:\n${this.#output}`);
      if (await this.#isReady()) return;
    }
    await this.kill();
    throw new Error(`the engine is not ready:\n${this.#output}`);
  }

  /** What it wrote since its last start. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** It stands still: its connections stay, and nothing is answered, until `resume`. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** SIGKILL, and gone when it resolves. */
  kill(): Promise<number | null> {
    return this.end("SIGKILL");
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    // All that it wrote was read by then, which it need not be when it exits.
    const ended = once(child, "close");
    child.kill(signal);
    const [code] = await ended;
    return code;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).status === 200;
    } catch {
      return false;
    }
  }
}
