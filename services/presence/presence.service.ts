import type { ServiceSchema } from "moleculer";
import { Gauge } from "prom-client";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { Attendance } from "./attendance.ts";

/**
 * Who is there, and who wants to know. Every node of this service follows the routes, so each can tell how anybody is,
 * and tells who watches there; what is to happen once, the owner of that user does.
 */
export function presenceService(deps: Deps): ServiceSchema {
  const attendance = new Attendance(deps);
  const { presences, watchers } = attendance;
  measure(deps, attendance);
  return serviceSchema<"presence">({
    name: "presence",
    actions: {
      set: (said) => attendance.set(said),
      get: (asked) => attendance.get(asked),
      watch: (asked) => attendance.watch(asked),
      unwatch: ({ viewer, userIds }) => watchers.unwatch(viewer.sessionId, userIds),
      forget: ({ nodeID }) => watchers.gone(nodeID),
      statuses: (asked) => attendance.statuses(asked),
    },
    events: {
      "route.transitions": (transitions) => attendance.moved(transitions),
      "presence.said": (said, sender) => attendance.said(said, sender),
      "route.gone": ({ nodeID }) => watchers.gone(nodeID),
      "session.closed": ({ sessionId }) => watchers.closed(sessionId),
      "user.changed": (change) => attendance.userChanged(change),
    },
    started: () => attendance.learnStatuses(),
    async stopped() {
      presences.close();
    },
  });
}

function measure({ metrics }: Deps, { presences, watchers }: Attendance): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        this.set(read());
      },
    });
  gauge("switchboard_presence_users", "Users who are not offline", () => presences.size);
  gauge("switchboard_presence_watching_sessions", "Sessions that watch somebody's presence", () => watchers.sessions);
}
