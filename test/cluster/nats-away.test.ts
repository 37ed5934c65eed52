import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { serviceNames } from "../../config.ts";
import type { EngineProcess } from "../engine-process.ts";
import { directBetween, type Json, newKey, type Person, signUp } from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online, type ServerFrame, type Wire } from "../protocol/sockets.ts";
import { describeWith } from "../servers/describe-with.ts";
import { NodeProcesses } from "./cluster.ts";
import { eventually } from "./eventually.ts";

describeWith("nats")("people on two nodes, one of which has the conversations", () => {
  let nodes: NodeProcesses;
  let whole: EngineProcess;
  let gateway: EngineProcess;
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    nodes = await NodeProcesses.start({ PRESENCE_GRACE_MS: "50" });
    whole = await nodes.add("whole", [...serviceNames]);
    gateway = await nodes.add("gateway", ["gateway"]);
    [ada, bob] = [await signUp(whole), await signUp(gateway)];
  }, 90_000);
  afterAll(() => nodes?.stop());

  const send = (wire: Wire, conversationId: string, clientMsgId: string) =>
    wire.request("message:send", { conversationId, clientMsgId, content: `said as ${clientMsgId}` });

  test.each([
    ["is killed", () => nodes.nats.kill(), () => nodes.nats.restart()],
    ["stands still", async () => nodes.nats.pause(), async () => nodes.nats.resume()],
  ])(
    "while NATS %s talk on where those are and are UNAVAILABLE elsewhere; nobody seems to leave, and all heals by itself",
    async (_, goesAway, comesBack) => {
      const conversationId = await directBetween(ada, bob);
      const a = await online(connectWebSocket, whole, ada);
      const b = await online(connectSocketIo, gateway, bob);
      await a.request("presence:watch", { userIds: [bob.id] });
      const [here, there] = [newKey(), newKey()];

      await goesAway();
      const { data } = await send(a, conversationId, here);
      expect(data).toMatchObject({ clientMsgId: here });
      expect(await send(b, conversationId, there)).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });

      await comesBack();
      const again = await eventually(async () => (await send(b, conversationId, there)).data, 60_000);
      await a.next("entry", ({ id }) => id === again.id);
      await eventually(() => b.received.some((told) => tellsOf(told, data)));
      const synced = await b.request("sync", { cursors: { [conversationId]: data.seq - 1 } });
      expect(synced.data.entries.map(({ clientMsgId }: Json) => clientMsgId)).toEqual([here, there]);
      expect(a.received.filter(({ event, data: told }) => event === "presence" && told.status === "offline")).toEqual([]);
      for (const wire of [a, b]) wire.close();
    },
  );
});

/** By the entry itself, or by where its conversation ends. */
const tellsOf = ({ event, data }: ServerFrame, { conversationId, seq }: Json): boolean =>
  event === "entry"
    ? data.conversationId === conversationId && data.seq === seq
    : event === "heads" && data[conversationId] >= seq;
