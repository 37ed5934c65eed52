import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Context, ServiceBroker } from "moleculer";
import { localCalls } from "../../node/transport/local-calls.ts";
import { until } from "../cluster-node.ts";

const REQUEST_MS = 5000;
const brokers: ServiceBroker[] = [];

/** A node whose actions answer with the time limit under which they were called. */
async function start(nodeID: string): Promise<ServiceBroker> {
  const broker = new ServiceBroker({
    nodeID,
    logger: false,
    transporter: "Fake",
    requestTimeout: REQUEST_MS,
    middlewares: [localCalls()],
  });
  const handler = (ctx: Context) => (ctx.options as { timeout?: number }).timeout;
  broker.createService({ name: "router", actions: { resolve: { handler }, where: { handler } } });
  await broker.start();
  brokers.push(broker);
  return broker;
}

let here: ServiceBroker;
beforeEach(async () => {
  here = await start("here");
  await start("there");
  await until(() => here.registry.getActionEndpointByNodeId("router.resolve", "there") !== null);
});
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop();
});

test("an action that limits itself has no timer of the broker's when it is called on its own node", async () => {
  expect(await here.call("router.resolve")).toBe(0);
  expect(await here.call("router.resolve", {}, { nodeID: "here" })).toBe(0);
});

test("it has one when it is called on another node, and when the caller sets one", async () => {
  expect(await here.call("router.resolve", {}, { nodeID: "there" })).toBe(REQUEST_MS);
  expect(await here.call("router.resolve", {}, { timeout: 100 })).toBe(100);
});

test("any other action has one", async () => {
  expect(await here.call("router.where")).toBe(REQUEST_MS);
});
