import type { Json, Person } from "../protocol/people.ts";
import { connectWebSocket, type Wire } from "../protocol/sockets.ts";
import type { Target } from "../protocol/target.ts";

/**
 * A device as the protocol describes one, as simply as it can be: it applies each conversation by `seq`,
 * drops what is lower, holds what is higher, and keeps what it applied when its connection goes.
 */
export class ModelDevice {
  readonly person: Person;
  readonly #target: Target;
  #wire: Wire | undefined;
  #logs = new Map<string, ModelLog>();

  constructor(target: Target, person: Person) {
    this.#target = target;
    this.person = person;
  }

  get connected(): boolean {
    return this.#wire !== undefined;
  }

  async connect(): Promise<void> {
    if (this.#wire) return;
    const wire = await connectWebSocket(this.#target, this.person);
    this.#wire = wire;
    wire.listen((event, data) => this.#on(event, data));
    await wire.next("synced");
  }

  /** Cuts the connection, without a good-bye. */
  async disconnect(): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.close();
    await wire?.closed;
  }

  /** The answer's data, or the error's code. The acknowledgement of a send is its entry. */
  async request(event: string, data: unknown): Promise<Json> {
    const wire = this.#wire;
    const answer = await (wire && Promise.race([wire.request(event, data), wire.closed.then(() => undefined)]));
    if (answer?.ok && event === "message:send") {
      const { duplicate: _, ...entry } = answer.data;
      this.#log(entry.conversationId).offer(entry);
    }
    return answer?.ok ? answer.data : (answer?.error.code ?? "disconnected");
  }

  /** Says what it has stored, and asks for all that it lacks, until there is no more. */
  async catchUp(): Promise<void> {
    await this.connect();
    for (const [conversationId, log] of this.#logs) {
      if (log.cursor > 0) await this.request("receipt:delivered", { conversationId, seq: log.cursor });
    }
    let cursor: string | undefined;
    for (let more = true; more; ) {
      const page = await this.request("sync", { cursor, limit: 7 });
      if (page === "disconnected") return;
      for (const reset of page.resets) await this.#afresh(reset);
      for (const entry of page.entries) this.#log(entry.conversationId).offer(entry);
      for (const change of page.changes) this.#on("change", change);
      ({ cursor, more } = page);
    }
  }

  /** What it holds of a conversation: one item a seq, hidden ones as such. */
  held(conversationId: string): Json[] {
    return this.#log(conversationId).entries();
  }

  #on(event: string, data: Json): void {
    if (event === "entry") this.#log(data.conversationId).offer(data);
    if (event === "change" && data.op === "hidden") this.#log(data.conversationId).hide(data.seq);
    if (event === "reset") this.#logs.delete(data.conversationId);
  }

  /** "Drop what you hold of it, read afresh." */
  async #afresh(reset: Json): Promise<void> {
    this.#logs.delete(reset.conversationId);
    const log = this.#log(reset.conversationId);
    for (let more = true; more; ) {
      const page = await this.request("sync", { cursors: { [reset.conversationId]: Math.max(log.cursor, reset.firstSeq - 1) } });
      if (page === "disconnected") return;
      for (const entry of page.entries) log.offer(entry);
      more = page.more;
    }
  }

  #log(conversationId: string): ModelLog {
    let log = this.#logs.get(conversationId);
    if (!log) this.#logs.set(conversationId, (log = new ModelLog(conversationId)));
    return log;
  }
}

class ModelLog {
  readonly #id: string;
  #applied = new Map<number, Json>();
  #held = new Map<number, Json>();
  cursor = 0;

  constructor(id: string) {
    this.#id = id;
  }

  offer(entry: Json): void {
    const through = entry.through ?? entry.seq;
    if (through <= this.cursor) return;
    if (this.cursor === 0 && this.#applied.size === 0 && entry.seq > 1 && this.#isFirstOfViewer(entry))
      this.cursor = entry.seq - 1;
    if (entry.seq > this.cursor + 1) {
      this.#held.set(entry.seq, entry);
      return;
    }
    this.#apply(entry, through);
    for (let next = this.#held.get(this.cursor + 1); next; next = this.#held.get(this.cursor + 1)) {
      this.#held.delete(next.seq);
      this.#apply(next, next.through ?? next.seq);
    }
  }

  hide(seq: number): void {
    if (this.#applied.has(seq)) this.#applied.set(seq, { conversationId: this.#id, seq, kind: "hidden" });
  }

  entries(): Json[] {
    return [...this.#applied.values()].sort((a, b) => a.seq - b.seq);
  }

  /** A log that begins for this viewer above 1 begins with the entry that brought the viewer in. */
  #isFirstOfViewer(entry: Json): boolean {
    return entry.kind === "member" && ["add", "join"].includes(entry.op);
  }

  #apply(entry: Json, through: number): void {
    for (let seq = Math.max(entry.seq, this.cursor + 1); seq <= through; seq++) {
      this.#applied.set(seq, entry.kind === "hidden" ? { conversationId: this.#id, seq, kind: "hidden" } : entry);
    }
    this.cursor = Math.max(this.cursor, through);
    if (entry.kind === "delete") this.#blank(entry.target, entry.createdAt);
  }

  #blank(target: string, deletedAt: string): void {
    for (const [seq, old] of this.#applied) {
      if (old.id === target) this.#applied.set(seq, emptied({ ...old, deletedAt }));
      if (old.kind === "edit" && old.target === target) this.#applied.set(seq, emptied(old));
    }
  }
}

/** A deleted message or an edit of it: it keeps its place, and nothing it said. */
function emptied({ metadata: _m, mentions: _n, attachments: _a, ...rest }: Json): Json {
  return { ...rest, content: "" };
}
