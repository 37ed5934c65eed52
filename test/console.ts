import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./cluster/eventually.ts";
import { useTemplate } from "./engine.ts";

const PROMPT = "switchboard $ ";
/** A whole engine may have to start first. */
const PATIENCE_MS = 30_000;
const scripts = { repl: ["run", "repl", "--silent"], start: ["start", "--silent", "--", "--repl"] };

/** A console, `npm run repl` or `npm start -- --repl`, and somebody who types. */
export class Console {
  readonly #home = mkdtempSync(join(tmpdir(), "switchboard-console-"));
  readonly #child: ChildProcess;
  #output = "";

  constructor(script: keyof typeof scripts, env: Record<string, string>) {
    useTemplate(this.#home);
    const settings = { DATA_DIR: this.#home, HOST: "127.0.0.1", PORT: "0", LOG_LEVEL: "warn", NO_COLOR: "1", ...env };
    this.#child = spawn("npm", scripts[script], {
      env: { PATH: process.env.PATH, HOME: this.#home, ...settings },
      stdio: "pipe",
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on("data", (text) => (this.#output += text));
  }

  /** What is printed until the prompt comes again. */
  async type(line: string): Promise<string> {
    await this.#prompt();
    this.#output = "";
    this.#child.stdin?.write(`${line}\n`);
    return (await this.#prompt()).trim();
  }

  /** Resolves with the exit code. */
  async quit(): Promise<number | null> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    const [code] = await ended;
    rmSync(this.#home, { recursive: true, force: true });
    return code;
  }

  async #prompt(): Promise<string> {
    await eventually(() => this.#output.endsWith(PROMPT), PATIENCE_MS);
    return this.#output.slice(0, -PROMPT.length);
  }
}
