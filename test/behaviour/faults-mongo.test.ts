import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { OutgoingMessage } from "../../contracts/socket-events.ts";
import { openMongoStore } from "../../stores/message-store.mongo.ts";
import { befalling, type InsertFault, insertFaults } from "../faults/mongo-faults.ts";
import { type Intercept, MongoProxy } from "../faults/mongo-proxy.ts";
import { seededRandom } from "../faults/random.ts";
import { describeWith } from "../servers/describe-with.ts";
import { startMongo } from "../servers/mongo.ts";
import type { TestServer } from "../servers/test-server.ts";
import { ConversationNode, text, viewer } from "./conversation-node.ts";
import { checkLog, checkSent, makeGroup, persist, type Sent, say, talk } from "./talk.ts";

const people = Array.from({ length: 12 }, (_, i) => `u${i}`);
const everyFault = Object.keys(insertFaults) as InsertFault[];
/** Small, so that what waits for them is soon over. No rest: each call is to meet its fault. */
const limits = { timeMs: 2500, serverMs: 1000, primaryMs: 1400, connectionMs: 1400, socketMs: 1500, failures: 1_000_000 };

describeWith("mongo")("conversations on MongoDB", () => {
  let server: TestServer;
  let groups = 0;
  const proxies: MongoProxy[] = [];
  const nodes: ConversationNode[] = [];
  beforeAll(async () => {
    server = await startMongo();
  });
  afterAll(() => server.remove());
  afterEach(async () => {
    for (const proxy of proxies) proxy.intercept = undefined;
    for (const node of nodes.splice(0)) await node.stop();
    for (const proxy of proxies.splice(0)) await proxy.close();
  });

  async function startNode(): Promise<{ node: ConversationNode; proxy: MongoProxy }> {
    const proxy = await MongoProxy.start(server.url);
    proxies.push(proxy);
    const node = await ConversationNode.start({ open: () => openMongoStore(proxy.url, { limits }) });
    nodes.push(node);
    return { node, proxy };
  }

  async function newGroup(node: ConversationNode): Promise<string> {
    const conversationId = `group-${++groups}`;
    await makeGroup(node, conversationId, people);
    return conversationId;
  }

  test.each(everyFault)("keep a log gapless, each acknowledged message in it once, under %s", async (fault) => {
    const { node, proxy } = await startNode();
    const group = await newGroup(node);
    let inserts = 0;
    proxy.intercept = befalling(() => (inserts++ % 2 ? undefined : fault));
    const sent = (await Promise.all(people.map((userId) => talk(node, userId, group)))).flat();
    proxy.intercept = undefined;
    expect(inserts).toBeGreaterThan(5);
    await checkSent(node, group, sent);
  });

  test.each([1, 2, 3])("are written by two nodes at once, under every fault: the log holds (seed %i)", async (seed) => {
    const both = await Promise.all([startNode(), startNode()]);
    const [first] = both;
    const group = await newGroup(first.node);
    const random = seededRandom(seed);
    for (const { proxy } of both) proxy.intercept = anything(random);
    const sent = await Promise.all(people.map((userId, i) => talk(both[i % 2 ? 0 : 1].node, userId, group)));
    for (const { proxy } of both) proxy.intercept = undefined;
    await checkSent(first.node, group, sent.flat());
  });

  test("are made whole, whatever becomes of their first commit", async () => {
    const { node, proxy } = await startNode();
    const random = seededRandom(11);
    proxy.intercept = anything(random, 0.15);
    const ids = Array.from({ length: 8 }, () => `group-${++groups}`);
    for (const id of ids) await persist(() => makeGroup(node, id, people));
    proxy.intercept = undefined;
    for (const id of ids) {
      expect(await node.logOf(id)).toMatchObject([{ kind: "member", op: "create" }]);
      expect((await node.store.log.members(id)).map(({ userId }) => userId).sort()).toEqual([...people].sort());
    }
  });

  test("answer what repeats something long ago in the middle of a commit, and the rest of it", async () => {
    const { node } = await startNode();
    const group = await newGroup(node);
    const long = await Promise.all(["one", "two"].map((content) => say(node, "u0", group, content)));
    for (let i = 0; i < 100; i++) await say(node, "u0", group, `forgotten ${i}`);
    const messages = [text("new"), long[0]?.message, text("newer"), long[1]?.message, text("newest")] as OutgoingMessage[];
    const send = (message: OutgoingMessage) => node.writing.append({ conversationId: group, viewer: viewer("u0"), message });
    const answers = await Promise.all(messages.map(send));
    expect(answers.map(({ duplicate }) => duplicate)).toEqual([undefined, true, undefined, true, undefined]);
    const log = await node.logOf(group);
    checkLog(log);
    for (const { duplicate, ...entry } of answers) expect(log.filter(({ id }) => id === entry.id)).toEqual([entry]);
  });

  test("go on after each of five kills of the server", async () => {
    const { node } = await startNode();
    const group = await newGroup(node);
    const talking = Promise.all(people.map((userId) => talk(node, userId, group)));
    const after: Sent[] = [];
    for (let kill = 0; kill < 5; kill++) {
      await server.restart();
      after.push(await say(node, "u0", group, `after kill ${kill}`));
    }
    await checkSent(node, group, [...after, ...(await talking).flat()]);
  });
});

/** Faults of inserts, and any command lost on its way there or back. */
function anything(random: () => number, often = 0.1): Intercept {
  const insert = befalling(() => (random() < 2 * often ? everyFault[Math.floor(random() * everyFault.length)] : undefined));
  return async (command, forward) => {
    if (random() < often / 4) return null;
    const answer = await insert(command, forward);
    return random() < often / 4 ? null : answer;
  };
}
