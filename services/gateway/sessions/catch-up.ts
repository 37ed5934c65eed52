import type { Logger } from "moleculer";
import type { Caller } from "../../../contracts/caller.ts";
import type { Clock } from "../../../contracts/clock.ts";
import { limits } from "../../../contracts/limits.ts";
import type { Backlog, Changed } from "../../../contracts/services/offline.ts";
import type { Delivery } from "./delivery.ts";
import { EncodedFrame } from "./encoded-frame.ts";
import type { RoutePublisher } from "./route-publisher.ts";
import { CLOCKS_APART_MS } from "./second-look.ts";
import type { Session } from "./session.ts";

/** The backlog goes out in pieces of so many characters; the next follows when the system has taken one. */
const PIECE = 65_536;
/** Entries of one conversation that the second look fills; the rest is the client's to sync. */
const LARGEST_FILL = 200;
/** What the store has and the session has not is on its way for so long, most of the time. */
const ON_ITS_WAY_MS = 250;
/** Conversations that it fills. */
const MOST_FILLED = 64;

export interface CatchUpParts {
  caller: Caller;
  routes: RoutePublisher;
  delivery: Delivery;
  clock: Clock;
  logger: Logger;
}

/** Brings a session from its connection to live entries without a gap between: see "On connect" in the protocol. */
export class CatchUp {
  readonly #caller: Caller;
  readonly #routes: RoutePublisher;
  readonly #delivery: Delivery;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(parts: CatchUpParts) {
    this.#caller = parts.caller;
    this.#routes = parts.routes;
    this.#delivery = parts.delivery;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** Sends the backlog and `synced`, then what live frames were held meanwhile. If it cannot, it says that there is more. */
  async begin(session: Session): Promise<void> {
    try {
      await this.#routes.told();
      const readAt = this.#clock.now();
      const { heads, changeSeq, more, cursor } = await this.#sendBacklog(session);
      session.setBase({ heads, changeSeq, readAt });
      session.send(EncodedFrame.of("synced", { more: more || session.heldTooMuch }, cursor));
    } catch (error) {
      void this.#delivery.bound(session.viewer.userId);
      this.#logger.warn(`no backlog for ${session.viewer.userId}: ${String(error)}`);
      session.emit("synced", { more: true });
    }
    session.release();
  }

  /** In parts, as answers between nodes are bounded; answers with the last one. */
  async #sendBacklog(session: Session): Promise<Backlog> {
    const { viewer } = session;
    let part: Backlog | undefined;
    let left = limits.backlog;
    let unsent = 0;
    do {
      part = await this.#caller.call("offline.backlog", { viewer, limit: left, from: part?.next });
      if (left === limits.backlog) void this.#delivery.bound(viewer.userId, Object.keys(part.heads));
      unsent = await paced(session, framesOf(part), unsent);
      left -= part.entries.length;
    } while (part.next && left > 0);
    return part;
  }

  /**
   * Sends what changed or was committed while not every node knew of this session yet, and so did not reach it; changes
   * once more, they say how things are. `heads` tell the client of what is too much to send unasked.
   */
  async lookAgain(session: Session): Promise<void> {
    const { viewer, base } = session;
    if (!base) return;
    try {
      const since = base.readAt - CLOCKS_APART_MS;
      const { heads, ...changed } = await this.#caller.call("conversations.changes", { viewer, after: base.changeSeq, since });
      for (const frame of framesOf({ ...changed, entries: [] })) session.send(frame);
      const isBehind = ([conversationId, seq]: [string, number]) => seq > session.position(conversationId);
      const ahead = Object.entries(heads).filter(isBehind);
      if (ahead.length) await this.#moment();
      const behind = ahead.filter(isBehind);
      if (behind.length) await this.#fill(session, behind);
    } catch (error) {
      this.#logger.warn(`no second look for ${session.viewer.userId}: ${String(error)}`);
    }
    session.setBase(undefined);
  }

  #moment(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ON_ITS_WAY_MS, resolve));
  }

  async #fill(session: Session, behind: [conversationId: string, seq: number][]): Promise<void> {
    session.hold();
    try {
      for (const [conversationId] of behind.slice(0, MOST_FILLED)) await this.#fillOne(session, conversationId);
    } finally {
      const left = behind.filter(([conversationId, seq]) => seq > session.position(conversationId));
      if (left.length) session.emit("heads", Object.fromEntries(left));
      session.release();
    }
  }

  async #fillOne(session: Session, conversationId: string): Promise<void> {
    const { viewer } = session;
    const after = session.position(conversationId);
    if (after === 0) session.emit("conversation", await this.#caller.call("conversations.get", { viewer, conversationId }));
    const page = { conversationId, viewer, after, limit: LARGEST_FILL };
    const { items } = await this.#caller.call("conversations.entries", page);
    await paced(
      session,
      items.map((item) => EncodedFrame.entry(item)),
    );
  }
}

/** Conversations new to the device or changed elsewhere, what else changed, then the entries. */
function* framesOf({ conversations, resets, changes, entries }: Changed & Pick<Backlog, "entries">): Generator<EncodedFrame> {
  for (const conversation of conversations) yield EncodedFrame.of("conversation", conversation);
  for (const reset of resets) yield EncodedFrame.of("reset", reset);
  for (const change of changes) yield EncodedFrame.of("change", change);
  for (const entry of entries) yield EncodedFrame.entry(entry);
}

/** Answers with how much of the last piece, which begins with `piece` characters, may be unsent. */
async function paced(session: Session, frames: Iterable<EncodedFrame>, piece = 0): Promise<number> {
  let unsent = piece;
  for (const frame of frames) {
    unsent += frame.json.length;
    if (unsent < PIECE) session.replay(frame);
    else {
      unsent = 0;
      await new Promise<void>((resolve) => session.replay(frame, resolve));
    }
  }
  return unsent;
}
