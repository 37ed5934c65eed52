import { readConfig, refuseToStart } from "./config.ts";
import { ActorPlacement } from "./mixins/placement.ts";
import { brokerOptions } from "./node/broker-options.ts";
import { chatConsole } from "./node/console/console.ts";

/** An observer of a cluster: it offers nothing, and asks. */
const config = readConfig();
if (!config.natsUrl) refuseToStart(["NATS_URL: must be set; with one process, npm start -- --repl"]);

const placement = new ActorPlacement();

export default {
  ...brokerOptions({ ...config, nodeId: `console-${config.nodeId}` }, placement),
  replOptions: chatConsole((conversationId) => placement.ownerOf("conversations.append", conversationId), console.log),
};
