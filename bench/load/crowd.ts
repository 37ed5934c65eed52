import { setTimeout as wait } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import type { Client } from "./client.ts";
import type { Address } from "./target.ts";
import { stampedText } from "./text.ts";

/** Between one message and the next. */
const PAUSE_MS = 10;

/** Clients who are all in one group. The first one speaks. */
export class Crowd {
  readonly #clients: Client[];
  readonly #address: Address;
  #newest = "";
  #missing = 0;
  #onAll = () => {};

  constructor(clients: Client[], address: Address) {
    this.#clients = clients;
    this.#address = address;
    for (const client of clients) {
      client.onEntry = (frame) => {
        this.#newest = frame;
        if (--this.#missing === 0) this.#onAll();
      };
    }
  }

  /** Sends so many messages, each when everybody has the one before; answers how long each took until the last one had it. */
  async say(messages: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < messages; i++) {
      times.push(await this.#sayOne());
      await wait(PAUSE_MS);
    }
    return times;
  }

  /** Hangs up, with nothing missed. */
  async end(): Promise<void> {
    const [seq = '"seq":0'] = /"seq":\d+/.exec(this.#newest) ?? [];
    for (const client of this.#clients) client.request("receipt:delivered", `{${this.#address},${seq}}`);
    await wait(500);
    for (const client of this.#clients) client.drop();
    await wait(500);
  }

  async #sayOne(): Promise<number> {
    this.#missing = this.#clients.length - 1;
    const began = performance.now();
    const all = new Promise<void>((resolve) => (this.#onAll = resolve));
    this.#clients[0]?.request("message:send", `{${this.#address},"clientMsgId":"${uuidv7()}","content":"${stampedText()}"}`);
    await all;
    return performance.now() - began;
  }
}
