import type { LoggedEntry } from "../../contracts/entry.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { foundDirect, foundGroup } from "../../domain/conversation/founding.ts";
import type { ConversationState } from "../../domain/conversation/state.ts";
import type { Commit, MessageLog } from "../../stores/message-log.ts";
import type { ManualClock } from "../manual-clock.ts";

type Body<E = LoggedEntry> = E extends LoggedEntry
  ? Omit<E, "conversationId" | "seq" | "id" | "senderId" | "createdAt" | "n">
  : never;

export const viewerOf = (userId: string, deviceId = `${userId}-phone`): Viewer => ({ userId, deviceId });

/** A conversation whose log is filled directly, with the rows that its actor would write beside the entries. */
export class Room {
  readonly id: string;
  readonly #log: MessageLog;
  readonly #clock: ManualClock;
  readonly #state: ConversationState;
  #begun = false;

  constructor(log: MessageLog, clock: ManualClock, state: ConversationState) {
    this.#log = log;
    this.#clock = clock;
    this.#state = state;
    this.id = state.conversationId;
  }

  get lastSeq(): number {
    return this.#state.lastSeq;
  }

  /** The id of the message or change at `seq`. */
  idAt(seq: number): string {
    return `${this.id}-${seq}`;
  }

  say(userId: string, content: string, fields: Partial<Body & { kind: "message" }> = {}, hiddenFor?: string[]): Promise<number> {
    return this.add(userId, { kind: "message", type: "text", content, ...fields }, hiddenFor);
  }

  /** `count` messages in commits of many. */
  async fill(userId: string, count: number): Promise<void> {
    for (let left = count; left > 0; left -= 5000) {
      const size = Math.min(left, 5000);
      const bodies = Array.from(
        { length: size },
        (_, i): Body => ({ kind: "message", type: "text", content: `${count - left + i + 1}` }),
      );
      await this.#commit(bodies.map((body) => this.#apply(userId, body)));
    }
  }

  async add(userId: string, body: Body, hiddenFor?: string[]): Promise<number> {
    await this.#commit([this.#apply(userId, body, hiddenFor)]);
    return this.lastSeq;
  }

  /** Writes the record and members of a conversation that has no entry yet. */
  async open(): Promise<void> {
    await this.#commit([]);
  }

  #apply(senderId: string, body: Body, hiddenFor?: string[]): Commit {
    const state = this.#state;
    const seq = state.lastSeq + 1;
    const n = state.lastN + (body.kind === "message" ? 1 : 0);
    const createdAt = new Date(this.#clock.now()).toISOString();
    const entry = { conversationId: this.id, seq, id: this.idAt(seq), senderId, createdAt, n, ...body } as LoggedEntry;
    const kept = { entry, hiddenFor };
    const { members, views, blank, snapshot } = state.apply(kept);
    return { conversationId: this.id, entries: [kept], members, views, blank, ...(snapshot && { record: state.snapshot() }) };
  }

  async #commit(commits: Commit[]): Promise<void> {
    const last = commits.findLast(({ record }) => record)?.record;
    const first = !this.#begun;
    this.#begun = true;
    await this.#log.append({
      conversationId: this.id,
      entries: commits.flatMap(({ entries }) => entries),
      members: first ? [...this.#state.members.values()] : commits.flatMap(({ members = [] }) => members),
      views: commits.flatMap(({ views = [] }) => views),
      blank: commits.find(({ blank }) => blank)?.blank,
      record: last ?? (first ? this.#state.snapshot() : undefined),
    });
  }
}

export async function directRoom(log: MessageLog, clock: ManualClock, id: string, users: [string, string]): Promise<Room> {
  const room = new Room(log, clock, foundDirect(id, users, new Date(clock.now()).toISOString()));
  await room.open();
  return room;
}

/** A group; the first user makes it. */
export async function groupRoom(log: MessageLog, clock: ManualClock, id: string, users: string[]): Promise<Room> {
  const room = new Room(log, clock, foundGroup(id, { name: `Group ${id}` }, new Date(clock.now()).toISOString()));
  await room.add(users[0] ?? "", { kind: "member", op: "create", userIds: users });
  return room;
}
