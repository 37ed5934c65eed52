import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceName } from "../../config.ts";
import { type Person, signUp } from "../protocol/people.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startMongo } from "../servers/mongo.ts";
import type { TestServer } from "../servers/test-server.ts";
import { NodeProcesses } from "./cluster.ts";
import { eventually } from "./eventually.ts";

const core: ServiceName[] = ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline"];

describeWith("nats", "mongo")("a core whose message store stands still", () => {
  let mongo: TestServer;
  let nodes: NodeProcesses;
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    mongo = await startMongo();
    nodes = await NodeProcesses.start({ MONGO_URL: mongo.url });
    await nodes.add("core", core);
    const gateway = await nodes.add("gateway", ["gateway"]);
    [ada, bob] = [await signUp(gateway), await signUp(gateway)];
  }, 90_000);
  afterAll(async () => {
    mongo?.resume();
    await nodes?.stop();
    await mongo?.remove();
  }, 60_000);

  test("ends with 0 within 30 seconds when it is told to, and who waits for an answer of it is told", async () => {
    mongo.pause();
    const asked = [1, 2, 3].map(() => ada.call("POST", "/conversations", { userId: bob.id }));
    await eventually(async () => (await turnsWaiting()) > 0);
    const began = performance.now();
    expect(await nodes.end("core")).toBe(0);
    expect(performance.now() - began).toBeLessThan(30_000);
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([503, 503, 503]);
  }, 60_000);

  async function turnsWaiting(): Promise<number> {
    const { values } = await nodes.caller.call("ops.stats", {}, { nodeID: nodes.idOf("core") });
    return values.switchboard_conversation_turns_waiting ?? 0;
  }
});
