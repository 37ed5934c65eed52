import type { ServiceSchema } from "moleculer";
import { serviceSchema } from "../../contracts/service.ts";
import type { Deps } from "../deps.ts";
import { Dispatcher } from "./dispatcher.ts";
import { fanoutMetrics } from "./metrics.ts";

/** Turns (entry or signal, recipients) into one call a gateway node. Owns nothing: what it loses is in the log. */
export function fanoutService(deps: Deps): ServiceSchema {
  const dispatcher = new Dispatcher(deps.caller, deps.clock, deps.logger("fanout"), fanoutMetrics(deps.metrics));
  return serviceSchema<"fanout">({
    name: "fanout",
    actions: {
      publish: ({ items }) => dispatcher.publish(items),
      flush: () => dispatcher.flush(),
    },
    events: {
      "$node.connected": ({ node }) => dispatcher.connected(node.id),
      "$node.disconnected": ({ node, unexpected }) => dispatcher.disconnected(node.id, unexpected === false),
      "$transporter.connected": () => dispatcher.cutOff(false),
      "$transporter.disconnected": () => dispatcher.cutOff(true),
    },
    async stopped() {
      dispatcher.close();
    },
  });
}
