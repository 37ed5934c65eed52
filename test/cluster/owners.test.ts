import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { ServiceName } from "../../config.ts";
import { burden } from "../burden.ts";
import type { EngineProcess } from "../engine-process.ts";
import { groupOf, type Json, newKey, type Person, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online, type Wire } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { type MongoDatabase, mongoDatabase } from "../servers/mongo.ts";
import { NodeProcesses } from "./cluster.ts";

const owner: ServiceName[] = ["conversations", "router", "fanout"];
const rest: ServiceName[] = ["gateway", "auth", "users", "groups", "presence", "offline", "router", "fanout"];
const range = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** After so long without an answer a client asks again: see "Codes" in the protocol. */
const PATIENCE_MS = 5000;

describeWith("nats", "mongo")("owners of conversations in processes of their own", () => {
  let mongo: MongoDatabase;
  let nodes: NodeProcesses;
  let gateway: EngineProcess;
  let owners: EngineProcess[];
  let ada: Wire;
  let bob: Wire;
  let people: [Person, Person];
  let groups: string[];

  beforeAll(async () => {
    mongo = await mongoDatabase();
    nodes = await NodeProcesses.start({ MONGO_URL: mongo.url });
    gateway = await nodes.add("gateway", rest);
    owners = [await nodes.add("one", owner), await nodes.add("other", owner)];
    people = [await signUp(gateway), await signUp(gateway)];
    groups = await Promise.all(range(8).map(() => groupOf(people[0], people[1])));
  }, 120_000);
  beforeEach(async () => {
    ada = await online(connectWebSocket, gateway, people[0]);
    bob = await online(connectSocketIo, gateway, people[1]);
  });
  afterAll(async () => {
    await nodes?.stop();
    await mongo?.remove();
  }, 60_000);

  /** One message after the other in each group, for as long as it is told to; answers the longest wait. */
  function talk(): () => Promise<number> {
    let quiet = false;
    let longest = 0;
    const inGroup = async (conversationId: string) => {
      while (!quiet) {
        const began = performance.now();
        const answer = await ada.request("message:send", { conversationId, clientMsgId: newKey(), content: "x" });
        expect(answer).not.toHaveProperty("error");
        longest = Math.max(longest, performance.now() - began);
      }
    };
    const talking = Promise.all(groups.map(inGroup));
    return async () => {
      quiet = true;
      await talking;
      return longest;
    };
  }

  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  /** The log is whole, and who listened has heard it in order, nothing twice, to its end. */
  async function expectWhole(): Promise<void> {
    for (const conversationId of groups) {
      const { data } = await ada.request("message:send", { conversationId, clientMsgId: newKey(), content: "last" });
      await bob.next("entry", (entry: Json) => entry.conversationId === conversationId && entry.seq === data.seq);
      const heard = bob.entries(conversationId).map(({ seq }) => seq);
      expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b));
      expect(await logOf(conversationId)).toEqual(range(data.seq));
    }
  }

  async function logOf(conversationId: string): Promise<number[]> {
    const seqs: number[] = [];
    for (;;) {
      const asked = { conversationId, after: seqs.length, through: Number.MAX_SAFE_INTEGER };
      const { items } = await nodes.caller.call("conversations.fill", asked);
      if (items.length === 0) return seqs;
      seqs.push(...items.map(({ entry }) => entry.seq));
    }
  }

  test("one that stands still for fifteen seconds is passed over, and changes nothing when it goes on", async () => {
    const [one] = owners as [EngineProcess];
    const hush = talk();
    await wait(1000);
    one.pause();
    await wait(15_000);
    one.resume();
    await wait(3000);
    expect(await hush()).toBeLessThan(PATIENCE_MS * burden());
    await expectWhole();
  }, 60_000);

  test("one that is killed is replaced, and so when it comes back", async () => {
    const [, other] = owners as [EngineProcess, EngineProcess];
    const hush = talk();
    await wait(500);
    await other.kill();
    await wait(8000);
    await nodes.restart("other");
    await wait(2000);
    expect(await hush()).toBeLessThan(PATIENCE_MS * burden());
    await expectWhole();
  }, 60_000);

  test("one that is told to stop leaves without a send that is refused or waits", async () => {
    const hush = talk();
    await wait(500);
    expect(await nodes.end("one")).toBe(0);
    await wait(1000);
    expect(await hush()).toBeLessThan(2000 * burden());
    await expectWhole();
  }, 60_000);
});
