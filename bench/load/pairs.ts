import { setTimeout as wait } from "node:timers/promises";
import { type Client, connectAll } from "./client.ts";
import { type Costly, costOf } from "./cost.ts";
import type { Person } from "./people.ts";
import { type Address, directAddress, type Target } from "./target.ts";
import { stampedText, stampIn } from "./text.ts";

/** Messages of each talker that are not acknowledged yet, at saturation. */
const WINDOW = 5;
const WARM_UP_MS = 2000;
const SATURATED_MS = 4000;
/** A talker that acknowledges does so at each so manieth entry. */
const ACKNOWLEDGE_EVERY = 5;

const GREETING = 8;
/** Everybody has heard from their peer by then. */
const GREETED_MS = 30_000;
/** In the answer to an acknowledgement, which is not to be followed by a message. */
const NOTHING = '"data":{}';

interface Talker {
  client: Client;
  address: Address;
  /** The newest entry it knows of, as the text of a frame. */
  newest: string;
}

/** Unique among all that this process sends. */
let sent = 0;

/** People who talk in pairs, each to the other. */
export class Pairs {
  readonly #talkers: Talker[];
  delivered = 0;
  /** Milliseconds from sending to receipt, for whoever wants to know. */
  latencies: number[] | undefined;

  private constructor(talkers: Talker[]) {
    this.#talkers = talkers;
    for (const talker of talkers) talker.client.onEntry = (frame) => this.#received(talker, frame);
  }

  static async connect(target: Target, persons: Person[]): Promise<Pairs> {
    const clients = await connectAll(persons.map((person) => target.as(person)));
    const talkers: Talker[] = [];
    const rest = clients.entries();
    const greeted = clients.map((client) => new Promise<void>((resolve) => (client.onEntry = () => resolve())));
    const greet = async () => {
      for (const [i, client] of rest) {
        talkers[i] = { client, address: await directAddress(target, client, persons[i ^ 1] as Person), newest: "" };
      }
    };
    // A few at once: that conversations come to life, and nodes learn who is where, is not what is measured.
    await Promise.all(Array.from({ length: GREETING }, greet));
    if (!target.bare) await Promise.race([Promise.all(greeted), wait(GREETED_MS, undefined, { ref: false }).then(notGreeted)]);
    return new Pairs(talkers);
  }

  /** Everybody sends the next message when one is acknowledged. What that costs, after a while. */
  async saturate(server: Costly) {
    for (const talker of this.#talkers) {
      talker.client.onAnswer = (frame) => frame.includes(NOTHING) || this.#send(talker);
      for (let i = 0; i < WINDOW; i++) this.#send(talker);
    }
    await wait(WARM_UP_MS);
    return costOf(server, this, () => wait(SATURATED_MS));
  }

  /** Sends so many messages a second, everybody in turn, whatever becomes of them; resolves after `ms`. */
  async talkEvenly(perSecond: number, ms: number): Promise<void> {
    const began = performance.now();
    let said = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const elapsed = performance.now() - began;
        for (const due = Math.min(elapsed, ms) * (perSecond / 1000); said < due; said++) {
          this.#send(this.#talkers[said % this.#talkers.length] as Talker);
        }
        if (elapsed < ms) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
  }

  /** From now on they say now and then how far they have stored what they got. */
  acknowledge(): void {
    for (const talker of this.#talkers) {
      let count = 0;
      talker.client.onEntry = (frame) => {
        this.#received(talker, frame);
        if (++count % ACKNOWLEDGE_EVERY === 0) tellDelivered(talker);
      };
    }
  }

  /** Hangs up, with nothing missed that the server would send them next time. */
  async end(): Promise<void> {
    for (const { client } of this.#talkers) client.onAnswer = () => {};
    await wait(500);
    for (const talker of this.#talkers) tellDelivered(talker);
    await wait(200);
    for (const { client } of this.#talkers) client.drop();
    await wait(300);
  }

  #send({ client, address }: Talker): void {
    client.request("message:send", `{${address},"clientMsgId":"m${++sent}","content":"${stampedText()}"}`);
  }

  #received(talker: Talker, frame: string): void {
    this.delivered++;
    talker.newest = frame;
    this.latencies?.push(performance.now() - stampIn(frame));
  }
}

function notGreeted(): never {
  throw new Error("somebody's first message did not arrive");
}

function tellDelivered({ client, address, newest }: Talker): void {
  const [seq] = /"seq":\d+/.exec(newest) ?? [];
  if (seq) client.request("receipt:delivered", `{${address},${seq}}`);
}
