import type { Middleware, ServiceBroker, Transit } from "moleculer";
import { MessageAges } from "../../domain/transit/message-ages.ts";

type Publish = Transit["publish"];
type Receive = Transit["messageHandler"];
type Stamped = Record<string, unknown> & { sender: string; sent?: number; timeout?: number };

const REQUEST = "REQ";

/**
 * Of its time limit. An age is too low by what the fastest message takes; and what comes so late is answered too late
 * anyway.
 */
const STALE = 0.9;

/**
 * A request that reaches its node when its caller has given up, or is about to, is dropped: a broker that was paused
 * delivers all that timed out meanwhile, and a node that was stopped finds it in its socket. `steady` is a clock that
 * nobody sets.
 */
export function staleRequests(steady: () => number = () => performance.now()): Middleware {
  const ages = new MessageAges();
  let broker: ServiceBroker;

  const publish =
    (next: Publish): Publish =>
    (packet) => {
      packet.payload.sent = Math.round(steady());
      return next(packet);
    };

  const receive =
    (next: Receive): Receive =>
    (type, packet) => {
      const { sender, sent, timeout, action }: Stamped = packet.payload;
      if (typeof sent !== "number") return next(type, packet);
      const age = ages.of(sender, sent, steady());
      if (type !== REQUEST || !timeout || age < STALE * timeout) return next(type, packet);
      broker.logger.debug(`A call of ${action} by ${sender} is dropped: it is ${Math.round(age)} ms old`);
      return Promise.resolve();
    };

  return {
    name: "StaleRequests",
    created(created) {
      broker = created;
    },
    // Moleculer's types of these hooks give what the wrapped functions return instead of the functions.
    transitPublish: publish as unknown as Middleware["transitPublish"],
    transitMessageHandler: receive as unknown as Middleware["transitMessageHandler"],
  };
}
