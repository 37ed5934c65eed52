import type { Logger } from "moleculer";
import type { Caller, Returns } from "../../contracts/caller.ts";
import type { Clock, Timer } from "../../contracts/clock.ts";
import { OverloadedError } from "../../contracts/errors.ts";
import type { FanoutItem } from "../../contracts/services/fanout.ts";
import type { DeliverFrame, MissedHead } from "../../contracts/services/routing.ts";
import { isDeparture } from "../../domain/session/local-members.ts";
import type { FanoutMetrics } from "./metrics.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { Unreached } from "./unreached.ts";

type Resolved = Returns<"router.resolve">;

/** Items that wait to be routed. */
const MOST_WAITING = 10_000;
/** The members of groups of this size are not listed. */
const LARGE_GROUP = 256;
/** Users listed in one frame. */
const MOST_LISTED = 5000;
const DELIVER_TIMEOUT_MS = 2000;
/** A gateway that vanished is back within this, or never. */
const GONE_MS = 300_000;

/** Routes items to the gateways that hold their recipients' sockets, all in the order they came. */
export class Dispatcher {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: FanoutMetrics;
  readonly #unreached: Unreached;
  readonly #outboxes = new Map<string, Outbox>();
  /** Nodes that vanished, each with what will make it forgotten. */
  readonly #away = new Map<string, Timer>();
  #cutOff = false;
  #waiting: FanoutItem[] = [];
  #busy = false;
  #work: Promise<void> = Promise.resolve();

  constructor(caller: Caller, clock: Clock, logger: Logger, metrics: FanoutMetrics) {
    this.#caller = caller;
    this.#clock = clock;
    this.#unreached = new Unreached(caller, clock, logger);
    this.#logger = logger;
    this.#metrics = metrics;
  }

  publish(items: FanoutItem[]): void {
    if (this.#waiting.length + items.length > MOST_WAITING) throw new OverloadedError();
    for (const item of items) this.#waiting.push(item);
    if (this.#busy) return;
    this.#busy = true;
    this.#work = this.#drain();
  }

  /** Resolves when each gateway has acknowledged what was published before, or has failed to. */
  async flush(): Promise<void> {
    await this.#work;
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.idle()));
  }

  /** The node is not there any more. What it missed is kept for a while, unless it said goodbye. */
  disconnected(nodeID: string, saidGoodbye: boolean): void {
    this.#outboxes.get(nodeID)?.pause();
    this.#away.get(nodeID)?.cancel();
    if (saidGoodbye) this.#forget(nodeID);
    else
      this.#away.set(
        nodeID,
        this.#clock.after(GONE_MS, () => this.#forget(nodeID)),
      );
  }

  /** The node is there (again). */
  connected(nodeID: string): void {
    this.#away.get(nodeID)?.cancel();
    this.#away.delete(nodeID);
    this.#outboxes.get(nodeID)?.resume();
  }

  /** This node can reach no other, or can again. */
  cutOff(isCutOff: boolean): void {
    this.#cutOff = isCutOff;
  }

  close(): void {
    this.#unreached.close();
    for (const timer of this.#away.values()) timer.cancel();
    for (const outbox of this.#outboxes.values()) outbox.pause();
  }

  #forget(nodeID: string): void {
    this.#away.delete(nodeID);
    this.#outboxes.delete(nodeID);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const items = this.#waiting;
      this.#waiting = [];
      await this.#route(items).catch((error) => {
        this.#metrics.undelivered.inc(items.length);
        this.#logger.warn(`${items.length} items could not be routed:`, error);
      });
    }
    this.#busy = false;
  }

  async #route(items: FanoutItem[]): Promise<void> {
    const resolved = await this.#resolveAll(items);
    const encoded = new Map<object, string>();
    items.forEach((item, i) => {
      this.#send(item, resolved[i] as Resolved, encoded);
    });
  }

  /** Entries of one conversation often come with the same list of recipients: it is resolved once. */
  #resolveAll(items: FanoutItem[]): Promise<Resolved[]> {
    const asked = new Map<string[], Promise<Resolved>>();
    const resolve = (userIds: string[]) => {
      let answer = asked.get(userIds);
      if (!answer) asked.set(userIds, (answer = this.#caller.call("router.resolve", { userIds })));
      return answer;
    };
    return Promise.all(items.map(({ recipients }) => resolve(recipients)));
  }

  #send(item: FanoutItem, { nodes, away, unreachable, isolated }: Resolved, encoded: Map<object, string>): void {
    const entry = item.type === "entry" ? item.entry : undefined;
    if (entry && unreachable.length > 0) this.#unreached.tell(entry, unreachable, isolated);
    for (const nodeID in nodes) {
      const users = nodes[nodeID] ?? [];
      for (const frame of framesFor(item, users, encoded)) this.#outbox(nodeID).add({ frame, entry, users });
    }
    if (!entry) return;
    for (const nodeID in away) {
      for (const frame of framesFor(item, away[nodeID] ?? [], encoded)) this.#outbox(nodeID).miss(frame);
    }
  }

  #outbox(nodeID: string): Outbox {
    let outbox = this.#outboxes.get(nodeID);
    if (!outbox) {
      outbox = new Outbox({
        clock: this.#clock,
        deliver: (frames) => this.#deliver(nodeID, frames),
        tellMissed: (heads) => this.#tellMissed(nodeID, heads),
        onUndelivered: (outgoing, cause) => this.#undelivered(nodeID, outgoing, cause),
      });
      this.#outboxes.set(nodeID, outbox);
      if (this.#away.has(nodeID)) outbox.pause();
    }
    return outbox;
  }

  async #deliver(nodeID: string, frames: DeliverFrame[]): Promise<number> {
    this.#metrics.batch.observe(frames.length);
    const { accepted } = await this.#caller.call("gateway.deliver", { frames }, { nodeID, timeout: DELIVER_TIMEOUT_MS });
    this.#metrics.deliveries.inc(accepted);
    return accepted;
  }

  #undelivered(nodeID: string, outgoing: Outgoing[], cause: unknown): void {
    this.#metrics.undelivered.inc(outgoing.length);
    // Usual when a gateway goes, and nothing is lost: it is told what it missed, or its clients sync elsewhere.
    if (cause) this.#logger.info(`${outgoing.length} frames were not delivered to ${nodeID}: ${String(cause)}`);
    for (const { users, entry } of outgoing) if (entry) this.#unreached.tell(entry, users, this.#cutOff);
  }

  async #tellMissed(nodeID: string, heads: MissedHead[] | undefined): Promise<void> {
    const options = { nodeID, timeout: DELIVER_TIMEOUT_MS };
    if (heads) await this.#caller.call("gateway.missed", { heads }, options);
    else await this.#caller.call("gateway.lookAgain", {}, options);
  }
}

/**
 * What goes to one gateway for these users. The members of a large group are not listed: the gateway knows who they
 * are. Of an entry there is one frame, by which the order is kept; a signal may come in several.
 */
function framesFor(item: FanoutItem, users: string[], encoded: Map<object, string>): DeliverFrame[] {
  const frame = frameOf(item, encoded);
  if (item.type === "entry") {
    const { entry, group, recipients } = item;
    if (!group || recipients.length < LARGE_GROUP) return [{ ...frame, to: users }];
    const removed = entry.kind === "member" && isDeparture(entry.op) ? entry.userIds : [];
    return [{ ...frame, to: removed, members: group }];
  }
  const frames: DeliverFrame[] = [];
  for (let i = 0; i < users.length; i += MOST_LISTED) frames.push({ ...frame, to: users.slice(i, i + MOST_LISTED) });
  return frames;
}

/** All of a frame but whom it is for; what several items share is encoded once. */
function frameOf(item: FanoutItem, encoded: Map<object, string>): Omit<DeliverFrame, "to"> {
  const data = item.type === "entry" ? item.entry : item.data;
  let json = encoded.get(data);
  if (json === undefined) encoded.set(data, (json = JSON.stringify(data)));
  const { exceptSession } = item;
  if (item.type === "entry") {
    const { conversationId, seq } = item.entry;
    return { event: "entry", json, exceptSession, at: { conversationId, seq } };
  }
  const { event, exceptDevice, onlySession } = item;
  return { event, json, exceptSession, exceptDevice, onlySession };
}
