import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceName } from "../../config.ts";
import type { EngineProcess } from "../engine-process.ts";
import { directBetween, newKey, type Person, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online, type Wire } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { NodeProcesses } from "./cluster.ts";
import { eventually } from "./eventually.ts";

const core: ServiceName[] = ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline", "ops"];

describeWith("nats")("a gateway that is killed", () => {
  let nodes: NodeProcesses;
  let stays: EngineProcess;
  let dies: EngineProcess;
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeAll(async () => {
    nodes = await NodeProcesses.start({ PRESENCE_GRACE_MS: "50" });
    await nodes.add("core", core);
    stays = await nodes.add("stays", ["gateway"]);
    dies = await nodes.add("dies", ["gateway"]);
    [ada, bob, eve] = [await signUp(stays), await signUp(dies), await signUp(dies)];
  }, 90_000);
  afterAll(() => nodes?.stop());

  test("has its people come back elsewhere, who miss nothing and get nothing twice; nothing is sent to it any more", async () => {
    const conversationId = await directBetween(ada, bob);
    const a = await online(connectWebSocket, stays, ada);
    const before = await online(connectSocketIo, dies, bob);
    await online(connectWebSocket, dies, eve);
    await a.request("presence:watch", { userIds: [eve.id] });
    const say = async (content: string) => {
      const answer = await a.request("message:send", { conversationId, clientMsgId: newKey(), content });
      expect(answer).toMatchObject({ ok: true });
    };
    for (const content of ["1", "2", "3"]) await say(content);
    await before.next("entry", ({ seq }) => seq === 3);
    await before.request("receipt:delivered", { conversationId, seq: 3 });

    const dead = nodes.idOf("dies");
    await dies.kill();
    for (const content of ["4", "5"]) await say(content);
    const after = await online(connectWebSocket, stays, bob);
    for (const content of ["6", "7"]) await say(content);
    await after.next("entry", ({ seq }) => seq === 7);
    expect([seqsOf(before), seqsOf(after)]).toEqual([
      [1, 2, 3],
      [4, 5, 6, 7],
    ]);

    const whereIs = () => nodes.caller.call("router.resolve", { userIds: [eve.id] });
    expect(await eventually(async () => ((await whereIs()).unreachable.length > 0 ? whereIs() : undefined))).toMatchObject({
      nodes: {},
      away: { [dead]: [eve.id] },
    });
    expect(await a.next("presence", ({ userId }) => userId === eve.id)).toMatchObject({ status: "offline" });
  });
});

const seqsOf = (wire: Wire) => wire.entries().map(({ seq }) => seq);
