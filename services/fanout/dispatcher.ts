import type { Logger } from "moleculer";
import type { Caller, Returns } from "../../contracts/caller.ts";
import type { LoggedEntry } from "../../contracts/entry.ts";
import { OverloadedError } from "../../contracts/errors.ts";
import type { FanoutItem } from "../../contracts/services/fanout.ts";
import type { DeliverFrame } from "../../contracts/services/routing.ts";
import type { FanoutMetrics } from "./metrics.ts";
import { Outbox, type Outgoing } from "./outbox.ts";

type Resolved = Returns<"router.resolve">;

/** Items that wait to be routed. */
const MOST_WAITING = 10_000;
const DELIVER_TIMEOUT_MS = 5000;

/** Routes items to the gateways that hold their recipients' sockets, all in the order they came. */
export class Dispatcher {
  readonly #caller: Caller;
  readonly #logger: Logger;
  readonly #metrics: FanoutMetrics;
  readonly #outboxes = new Map<string, Outbox>();
  #waiting: FanoutItem[] = [];
  #busy = false;

  constructor(caller: Caller, logger: Logger, metrics: FanoutMetrics) {
    this.#caller = caller;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  publish(items: FanoutItem[]): void {
    if (this.#waiting.length + items.length > MOST_WAITING) throw new OverloadedError();
    for (const item of items) this.#waiting.push(item);
    if (this.#busy) return;
    this.#busy = true;
    void this.#drain();
  }

  /** The node is gone. What was on its way there fails by itself. */
  forget(nodeID: string): void {
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

  #send(item: FanoutItem, { nodes, unreachable }: Resolved, encoded: Map<object, string>): void {
    const entry = item.type === "entry" ? item.entry : undefined;
    if (entry) this.#tellUnreachable(entry, unreachable);
    const nodeIDs = Object.keys(nodes);
    if (nodeIDs.length === 0) return;
    const frame = frameOf(item, encoded);
    for (const nodeID of nodeIDs) this.#outbox(nodeID).add({ frame: { ...frame, to: nodes[nodeID] ?? [] }, entry });
  }

  #outbox(nodeID: string): Outbox {
    let outbox = this.#outboxes.get(nodeID);
    if (!outbox) {
      outbox = new Outbox({
        deliver: (frames) => this.#deliver(nodeID, frames),
        onUndelivered: (outgoing, cause) => this.#undelivered(nodeID, outgoing, cause),
      });
      this.#outboxes.set(nodeID, outbox);
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
    if (cause) this.#logger.warn(`${outgoing.length} frames were not delivered to ${nodeID}:`, cause);
    for (const { frame, entry } of outgoing) if (entry) this.#tellUnreachable(entry, frame.to);
  }

  #tellUnreachable(entry: LoggedEntry, users: string[]): void {
    const { conversationId, seq, kind, senderId } = entry;
    const userIds = users.filter((userId) => userId !== senderId);
    if (userIds.length > 0) this.#caller.broadcastLocal("fanout.unreachable", { conversationId, seq, kind, userIds });
  }
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
