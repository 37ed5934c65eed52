import type { ServiceSchema } from "moleculer";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { Undelivered } from "./undelivered.ts";

/** What to send to a device that connects, and who has nobody home. */
export function offlineService({ clock, caller }: Pick<Deps, "clock" | "caller">): ServiceSchema {
  const undelivered = new Undelivered(clock, (waiting) => caller.broadcast("offline.undelivered", waiting));
  return serviceSchema<"offline">({
    name: "offline",
    actions: {
      backlog: (asked) => caller.call("conversations.backlog", asked),
      note: (message) => undelivered.add(message),
    },
    async stopped() {
      undelivered.close();
    },
  });
}
