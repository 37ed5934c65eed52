import { setTimeout as wait } from "node:timers/promises";
import type { Json } from "../protocol/people.ts";
import { HeldLog } from "./held-log.ts";
import type { Arrivals, Change, Copy, Outcome, Send } from "./history.ts";
import { Line } from "./line.ts";

export interface DeviceOptions {
  name: string;
  userId: string;
  token: string;
  conversations: string[];
  /** Any of them will do. */
  gateways: string[];
  random(): number;
}

const ANSWER_MS = 5000;
const ACKNOWLEDGE_EVERY_MS = 250;
const GAP_MS = 1000;
const LONGEST_PAUSE_MS = 4000;
const retryable = new Set(["RATE_LIMITED", "OVERLOADED", "UNAVAILABLE", "INTERNAL"]);

/** A client as the protocol describes one, as lean as it can be, which writes down what it sent and what came. */
export class Device {
  readonly name: string;
  readonly userId: string;
  readonly conversations: string[];
  readonly sends: Send[] = [];
  readonly changes: Change[] = [];
  /** A list for each connection. */
  readonly arrivals: Arrivals[] = [];
  readonly #options: DeviceOptions;
  readonly #logs: Map<string, HeldLog>;
  readonly #acknowledged = new Map<string, number>();
  readonly #syncing = new Set<string>();
  /** Reactions of its own that it may take back. No two are alike, so that each is an entry. */
  readonly #reactions: Change[] = [];
  readonly #timer: NodeJS.Timeout;
  #line: Line | undefined;
  /** Why it could not sync, the last time it could not. */
  #trouble = "";
  #silent = false;
  #stopped = false;
  #count = 0;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.name = options.name;
    this.userId = options.userId;
    this.conversations = options.conversations;
    this.#logs = new Map(options.conversations.map((id) => [id, new HeldLog()]));
    this.#timer = setInterval(() => this.#acknowledge(), ACKNOWLEDGE_EVERY_MS);
    void this.#stayConnected();
  }

  /** Resolves when the server has said what became of it, or this device falls silent. */
  async send(conversationId: string): Promise<void> {
    const clientMsgId = `${this.name}-${++this.#count}`;
    const body = { conversationId, clientMsgId, content: `text of ${clientMsgId}` };
    const send: Send = { ...body, senderId: this.userId, at: performance.now(), troubles: [] };
    this.sends.push(send);
    const answer = await this.#ask("message:send", body, send);
    if (answer?.ok) this.#log(conversationId)?.offer(answer.data);
  }

  /** Edits, deletes or reacts to some message that it has, or takes a reaction back; resolves as `send` does. */
  async change(conversationId: string): Promise<void> {
    const known = this.#log(conversationId)?.entries.filter(({ kind }) => kind === "message") ?? [];
    const some = this.#oneOf(known);
    if (!some) return;
    const kind = some.senderId === this.userId ? this.#oneOf(["edit", "edit", "delete", "reaction"] as const) : "reaction";
    const change = this.#changeOf(kind ?? "edit", conversationId, some.id);
    this.changes.push(change);
    const { target: id, clientMsgId, content, emoji, op } = change;
    await this.#ask(eventOf[change.kind], { id, clientMsgId, content, emoji, op, for: "everyone" }, change);
    if (op === "add" && change.outcome?.kind === "acknowledged") this.#reactions.push({ ...change, outcome: undefined });
  }

  /** It has read all it has, and says so. Answers how far, if that was acknowledged. */
  async read(conversationId: string): Promise<number | undefined> {
    const seq = this.#cursorIn(conversationId);
    const answer = await this.#line?.request("receipt:read", { conversationId, seq }, ANSWER_MS);
    return answer?.ok ? seq : undefined;
  }

  /** Says so of less: it changes nothing. */
  async readLess(conversationId: string, seq: number): Promise<void> {
    await this.#line?.request("receipt:read", { conversationId, seq }, ANSWER_MS);
  }

  #changeOf(kind: Change["kind"], conversationId: string, target: string): Change {
    const name = `${this.name}-${++this.#count}`;
    const change = { conversationId, senderId: this.userId, kind, target };
    if (kind === "edit") return { ...change, clientMsgId: name, content: `other text of ${name}` };
    if (kind === "delete") return change;
    const mine = this.#reactions.findIndex((reaction) => reaction.conversationId === conversationId);
    const [back] = mine >= 0 && this.#options.random() < 0.5 ? this.#reactions.splice(mine, 1) : [];
    return back ? { ...back, op: "remove" } : { ...change, emoji: name, op: "add" };
  }

  #oneOf<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#options.random() * items.length)];
  }

  /** Asks until there is an outcome, or this device falls silent. */
  async #ask(event: string, body: Json, asked: { outcome?: Outcome; troubles?: Send["troubles"] }): Promise<Json | undefined> {
    for (let times = 1; !this.#silent; times++) {
      const answer = await this.#line?.request(event, body, ANSWER_MS);
      asked.outcome = outcomeOf(answer);
      if (asked.outcome) return answer;
      asked.troubles?.push({ at: performance.now(), code: answer?.error.code ?? "silence" });
      await this.#pause(times);
    }
    return undefined;
  }

  /** What it has. */
  copies(): Copy[] {
    return [...this.#logs].map(([conversationId, { entries }]) => ({ conversationId, holder: this.name, entries: [...entries] }));
  }

  /** Whether it has got this far. */
  has(conversationId: string, seq: number): boolean {
    return this.#cursorIn(conversationId) >= seq;
  }

  /** Asks for everything it lacks. Rejects if that is not to be had in time. */
  async sync(ms: number): Promise<void> {
    for (const deadline = performance.now() + ms; !(await this.#syncAll()); await this.#pause()) {
      if (performance.now() > deadline) throw new Error(`${this.name} could not sync: ${this.#trouble}`);
    }
  }

  /** Sends no more, nor again what is not answered yet. */
  async fallSilent(): Promise<void> {
    this.#silent = true;
    await wait(ANSWER_MS);
  }

  /** Its connection breaks. */
  drop(): void {
    this.#line?.close();
  }

  stop(): void {
    this.#silent = true;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#line?.close();
  }

  async #stayConnected(): Promise<void> {
    while (!this.#stopped) {
      const { gateways, token } = this.#options;
      const gateway = gateways[Math.floor(this.#options.random() * gateways.length)] as string;
      const arrivals: Arrivals = { device: this.name, gateway, entries: [] };
      this.arrivals.push(arrivals);
      this.#line = await Line.open(gateway, token, (event, data) => this.#on(event, data, arrivals));
      arrivals.end = { ...(await this.#line.closed), at: performance.now() };
      this.#line = undefined;
      await this.#pause();
    }
  }

  #on(event: string, data: Json, arrivals: Arrivals): void {
    if (event === "synced" && data.more) void this.#syncAll();
    if (event === "heads") for (const [id, lastSeq] of Object.entries<number>(data)) this.#expect(id, lastSeq);
    if (event === "reset") this.#reset(data.conversationId);
    if (event !== "entry") return;
    const { conversationId, seq, id, kind } = data;
    if (kind !== "hidden") arrivals.entries.push({ conversationId, seq, id });
    const log = this.#log(conversationId);
    log?.offer(data);
    if (log?.hasGap) setTimeout(() => log.hasGap && void this.#sync(conversationId), GAP_MS);
  }

  #reset(conversationId: string): void {
    this.#log(conversationId)?.reset();
    void this.#sync(conversationId);
  }

  #expect(conversationId: string, lastSeq: number): void {
    const log = this.#log(conversationId);
    if (log && log.cursor < lastSeq) void this.#sync(conversationId);
  }

  /** One conversation, from what it has on; all of it, though it be reset meanwhile. */
  async #sync(conversationId: string): Promise<void> {
    if (this.#syncing.has(conversationId)) return;
    this.#syncing.add(conversationId);
    for (let more = true; more && !this.#stopped; ) {
      const cursor = this.#cursorIn(conversationId);
      const cursors = { [conversationId]: cursor };
      const page = this.#take(await this.#line?.request("sync", { cursors }, ANSWER_MS));
      if (!page) await this.#pause();
      more = page?.more !== false || this.#cursorIn(conversationId) < cursor;
    }
    this.#syncing.delete(conversationId);
  }

  /** Answers whether it has all now. */
  async #syncAll(): Promise<boolean> {
    const cursors = Object.fromEntries([...this.#logs].map(([id, { cursor }]) => [id, cursor]));
    const page = this.#take(await this.#line?.request("sync", { cursors, limit: 1000 }, ANSWER_MS));
    return page?.more ? this.#syncAll() : page !== undefined;
  }

  #take(answer: Json | undefined): Json | undefined {
    const { gateway, end } = this.arrivals.at(-1) ?? {};
    this.#trouble = answer?.error?.code ?? `silence of ${gateway}, ${this.#line ? "connected" : `closed with ${end?.code}`}`;
    if (!answer?.ok) return undefined;
    for (const { conversationId } of answer.data.resets) this.#log(conversationId)?.reset();
    for (const entry of answer.data.entries) this.#log(entry.conversationId)?.offer(entry);
    return answer.data;
  }

  #acknowledge(): void {
    for (const [conversationId, { cursor: seq }] of this.#logs) {
      if (!this.#line || seq <= (this.#acknowledged.get(conversationId) ?? 0)) continue;
      this.#acknowledged.set(conversationId, seq);
      void this.#line.request("receipt:delivered", { conversationId, seq }, ANSWER_MS);
    }
  }

  #cursorIn(conversationId: string): number {
    return this.#log(conversationId)?.cursor ?? 0;
  }

  #log(conversationId: string): HeldLog | undefined {
    return this.#logs.get(conversationId);
  }

  /** Longer each time, as a client does that means well. */
  #pause(times = 1): Promise<void> {
    return wait(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** times) * (0.5 + this.#options.random() / 2));
  }
}

const eventOf = { edit: "message:edit", delete: "message:delete", reaction: "message:react" } as const;

/** Undefined: worth another try. */
function outcomeOf(answer: Json | undefined): Outcome | undefined {
  const at = performance.now();
  if (answer?.ok) return { kind: "acknowledged", at, seq: answer.data.seq, id: answer.data.id };
  if (answer && !retryable.has(answer.error.code)) return { kind: "refused", at, code: answer.error.code };
  return undefined;
}
