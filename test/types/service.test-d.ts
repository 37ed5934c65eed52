import type { actorActions } from "../../contracts/actor-actions.ts";
import { serviceSchema } from "../../contracts/service.ts";

const backlog = { entries: [], conversations: [], changes: [], resets: [], cursor: "c", more: false, heads: {}, changeSeq: 0 };
const publish = () => undefined;
const note = () => undefined;
const readiness = () => ({ notReady: [], degraded: [] });
const metrics = () => ({ contentType: "text/plain", body: "" });
const none = () => undefined;
const stats = () => ({ version: "1", services: [], notReady: [], values: {} });
const others = { metrics, drain: none, end: none, stats };

/** A service does what callers were promised, all of it and nothing else. */
export const services = [
  serviceSchema<"offline">({ name: "offline", actions: { backlog: () => backlog, note } }),
  serviceSchema<"offline">({
    name: "offline",
    actions: { backlog: async ({ viewer }) => ({ ...backlog, cursor: viewer.userId }), note },
  }),
  serviceSchema<"ops">({ name: "ops", actions: { readiness, ...others } }),
  serviceSchema<"fanout">({
    name: "fanout",
    actions: { publish, flush: none },
    events: { "$node.disconnected": ({ node }) => void node.id },
  }),

  // @ts-expect-error an action is missing
  serviceSchema<"ops">({ name: "ops", actions: { readiness } }),
  // @ts-expect-error an action was promised to nobody
  serviceSchema<"ops">({ name: "ops", actions: { readiness, ...others, reboot: () => undefined } }),
  // @ts-expect-error the name is another service's
  serviceSchema<"ops">({ name: "opps", actions: { readiness, ...others } }),
  // @ts-expect-error the action asks for what callers do not give
  serviceSchema<"offline">({ name: "offline", actions: { backlog: ({ user }) => ({ ...backlog, cursor: user }), note } }),
  // @ts-expect-error the action takes a param for another type
  serviceSchema<"offline">({ name: "offline", actions: { backlog: (_: { limit: string }) => backlog, note } }),
  // @ts-expect-error the answer lacks a field
  serviceSchema<"ops">({ name: "ops", actions: { readiness: () => ({}), ...others } }),
  // @ts-expect-error the answer has a field of the wrong type
  serviceSchema<"ops">({ name: "ops", actions: { readiness: async () => ({ notReady: "all", degraded: [] }), ...others } }),
  // @ts-expect-error there must be an answer
  serviceSchema<"ops">({ name: "ops", actions: { readiness: () => undefined, ...others } }),
  // @ts-expect-error there must be no answer
  serviceSchema<"fanout">({ name: "fanout", actions: { publish: () => 5 } }),

  // @ts-expect-error there is no such event
  serviceSchema<"fanout">({ name: "fanout", actions: { publish }, events: { "$node.gone": () => undefined } }),
  // @ts-expect-error the event brings something else
  serviceSchema<"fanout">({ name: "fanout", actions: { publish }, events: { "user.changed": ({ user }) => void user } }),
  // @ts-expect-error the listener wants another type
  serviceSchema<"fanout">({ name: "fanout", actions: { publish }, events: { "user.changed": (_: { userId: 1 }) => {} } }),
];

/** An actor is named by one of its action's own params. */
type Key<N extends keyof typeof actorActions> = (typeof actorActions)[N];
export const key: Key<"conversations.append"> = "conversationId";
// @ts-expect-error another param names it
export const wrongKey: Key<"conversations.append"> = "messageId";
