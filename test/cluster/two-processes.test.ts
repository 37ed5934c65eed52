import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { EngineProcess } from "../engine-process.ts";
import { directBetween, groupOf, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { NodeProcesses } from "./cluster.ts";

describeWith("nats")("a gateway and a core, two processes on NATS", () => {
  let nodes: NodeProcesses;
  let gateway: EngineProcess;

  beforeAll(async () => {
    nodes = await NodeProcesses.start();
    await nodes.add("core", ["auth", "users", "groups", "conversations", "presence", "router", "fanout", "offline"]);
    gateway = await nodes.add("gateway", ["gateway"]);
  }, 60_000);
  afterAll(() => nodes?.stop(), 30_000);

  test("people sign up, connect, chat and see what became of their messages", async () => {
    const [ada, bob] = [await signUp(gateway), await signUp(gateway)];
    const conversationId = await directBetween(ada, bob);
    const group = await groupOf(ada, bob);
    const [a, b] = [await online(connectWebSocket, gateway, ada), await online(connectSocketIo, gateway, bob)];
    for (const id of [conversationId, group]) {
      const { data } = await a.request("message:send", { conversationId: id, clientMsgId: `hi ${id}`, content: "hi" });
      expect(data.id).toBeDefined();
      await b.next("entry", (entry) => entry.id === data.id);
      await b.request("receipt:read", { conversationId: id, seq: data.seq });
      await a.next("receipt", (receipt) => receipt.conversationId === id && receipt.readSeq === data.seq);
    }
  });
});
