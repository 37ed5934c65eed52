import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ServiceName, serviceNames } from "../../config.ts";
import { ChatError } from "../../contracts/errors.ts";
import { until } from "../cluster-node.ts";
import {
  anotherDevice,
  directBetween,
  groupOf,
  type Json,
  newKey,
  type Person,
  say,
  signIn,
  signUp,
} from "../protocol/people.ts";
import { connectSocketIo, connectWebSocket, online, type Wire } from "../protocol/sockets.ts";
import { Cluster, type EngineNode } from "../two-nodes.ts";

let cluster: Cluster;
let a: EngineNode;
let b: EngineNode;

const near: ServiceName[] = ["router", "fanout"];
const rest: ServiceName[] = ["auth", "users", "groups", "conversations", "presence", "offline", "ops", ...near];
const whole: ServiceName[] = [...serviceNames];
type Plan = [a: ServiceName[], between: ServiceName[] | undefined, b: ServiceName[]];

const plans: [string, Plan][] = [
  ["two gateways, and a node with all the rest", [["gateway", ...near], rest, ["gateway", ...near]]],
  ["two whole nodes", [whole, undefined, whole]],
];

/** Signed up on one gateway, connected to it. */
async function at(node: EngineNode): Promise<{ person: Person; wire: Wire }> {
  const person = await signUp(node);
  return { person, wire: await online(node === a ? connectWebSocket : connectSocketIo, node, person) };
}

const send = (wire: Wire, data: Record<string, unknown>): Promise<Json> =>
  wire.request("message:send", { clientMsgId: newKey(), ...data });

const seqs = (wire: Wire, conversationId: string) => wire.entries(conversationId).map(({ seq }) => seq);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe.each(plans)("%s:", (_, [servicesOfA, between, servicesOfB]) => {
  beforeAll(async () => {
    cluster = new Cluster({ PRESENCE_GRACE_MS: "50", HEARTBEAT_MS: "1000" });
    a = await cluster.start("a", servicesOfA);
    if (between) await cluster.start("c", between);
    b = await cluster.start("b", servicesOfB);
  }, 60_000);
  afterAll(() => cluster.stop(), 60_000);

  describe("people on two gateways", () => {
    test("talk to each other, live and in order", async () => {
      const [ada, bob] = [await at(a), await at(b)];
      const { data: first } = await send(ada.wire, { to: bob.person.id, content: "0" });
      const { conversationId } = first;
      await bob.wire.next("conversation", (c) => c.id === conversationId);
      for (let i = 1; i < 20; i++) {
        const [from, to] = i % 2 ? [bob, ada] : [ada, bob];
        await send(from.wire, { conversationId, content: `${i}` });
        expect(await to.wire.next("entry", ({ seq }) => seq === i + 1)).toMatchObject({
          content: `${i}`,
          senderId: from.person.id,
        });
      }
      expect([seqs(ada.wire, conversationId), seqs(bob.wire, conversationId)]).toEqual([
        upTo(20).filter((seq) => seq % 2 === 0),
        upTo(20).filter((seq) => seq % 2 === 1),
      ]);
    });

    test("all hear what all say in a group at once, each the same and once", async () => {
      const people = [await at(a), await at(b), await at(b), await at(a)] as const;
      const [owner, ...others] = people;
      const group = await groupOf(owner.person, ...others.map(({ person }) => person));
      const said = people.flatMap(({ wire }) => upTo(10).map((i) => send(wire, { conversationId: group, content: `${i}` })));
      const entries = (await Promise.all(said)).map(({ data }) => data);
      expect(entries.map(({ seq }) => seq).sort((x, y) => x - y)).toEqual(upTo(41, 2));
      const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
      for (const { person, wire } of people) {
        const theirs = upTo(41, 2).filter((seq) => bySeq.get(seq)?.senderId !== person.id);
        await wire.next("entry", ({ seq, conversationId }) => conversationId === group && seq === theirs.at(-1));
        const heard = wire.entries(group).filter(({ kind }) => kind === "message");
        expect(heard.map(({ seq }) => seq)).toEqual(theirs);
        for (const entry of heard) expect(entry).toEqual(bySeq.get(entry.seq));
      }
    });

    test("come and go in a group whose other members are elsewhere", async () => {
      const [owner, bob] = [await at(a), await at(b)];
      const group = await groupOf(owner.person);
      await owner.person.call("POST", `/groups/${group}/members`, { userIds: [bob.person.id] });
      await bob.wire.next("conversation", ({ id }) => id === group);
      await bob.person.call("DELETE", `/groups/${group}/members/me`);
      await owner.wire.next("entry", ({ op }) => op === "leave");
      expect((await send(bob.wire, { conversationId: group, content: "still here?" })).error.code).toBe("FORBIDDEN");
      expect((await bob.person.call("GET", "/groups")).body.items).toEqual([]);
      expect((await owner.person.call("GET", `/groups/${group}/members`)).body.items).toHaveLength(1);
    });

    test("see what was delivered and read, and who is typing", async () => {
      const [ada, bob] = [await at(a), await at(b)];
      const { data } = await send(ada.wire, { to: bob.person.id, content: "?" });
      const { conversationId } = data;
      await bob.wire.request("typing", { conversationId, state: "start" });
      expect(await ada.wire.next("typing")).toEqual({ conversationId, userId: bob.person.id, state: "start" });
      await bob.wire.request("receipt:delivered", { conversationId, seq: 1 });
      await ada.wire.next("receipt", ({ deliveredSeq }) => deliveredSeq === 1);
      await bob.wire.request("receipt:read", { conversationId, seq: 1 });
      await ada.wire.next("receipt", ({ readSeq, userId }) => readSeq === 1 && userId === bob.person.id);
      const { body } = await ada.person.call("GET", `/messages/${data.id}/receipts`);
      expect(body).toMatchObject({ delivered: 1, read: 1, total: 1 });
      await until(async () => (await bob.person.call("GET", `/conversations/${conversationId}`)).body.unread === 0);
    });

    test("edit, react to and hide what was said elsewhere", async () => {
      const [ada, bob] = [await at(a), await at(b)];
      const { data } = await send(ada.wire, { to: bob.person.id, content: "teh" });
      await ada.wire.request("message:edit", { id: data.id, content: "the" });
      await bob.wire.next("entry", ({ kind, content }) => kind === "edit" && content === "the");
      await bob.wire.request("message:react", { id: data.id, emoji: "👍", op: "add" });
      await ada.wire.next("entry", ({ kind }) => kind === "reaction");
      const laptop = await online(connectWebSocket, a, await signIn(a, bob.person.username, bob.person.password));
      await bob.wire.request("message:delete", { id: data.id, for: "me" });
      expect(await laptop.next("change")).toMatchObject({ op: "hidden", id: data.id });
    });

    test("see each other come, be busy and go", async () => {
      const [ada, bob] = [await at(a), await signUp(b)];
      const watched = await ada.wire.request("presence:watch", { userIds: [bob.id] });
      expect(watched.data.items).toMatchObject([{ status: "offline" }]);
      const wire = await online(connectWebSocket, b, bob);
      await ada.wire.next("presence", ({ status }) => status === "online");
      await wire.request("presence:set", { status: "busy" });
      await ada.wire.next("presence", ({ status }) => status === "busy");
      expect((await ada.person.call("GET", `/users/${bob.id}/presence`)).body.status).toBe("busy");
      wire.close();
      expect(await ada.wire.next("presence", ({ status }) => status === "offline")).toHaveProperty("lastSeenAt");
    });
  });

  describe("a person's devices on two gateways", () => {
    test("get what each other sends, and what each other reads", async () => {
      const [phone, bob] = [await at(a), await at(b)];
      const laptop = await online(connectWebSocket, b, await anotherDevice(b, phone.person));
      const { data } = await send(phone.wire, { to: bob.person.id, content: "from the phone" });
      expect(await laptop.next("entry")).toEqual(data);
      await send(bob.wire, { conversationId: data.conversationId, content: "back" });
      await phone.wire.next("entry", ({ seq }) => seq === 2);
      await laptop.request("receipt:read", { conversationId: data.conversationId, seq: 2 });
      expect(await phone.wire.next("receipt", ({ userId }) => userId === phone.person.id)).toMatchObject({ readSeq: 2 });
    });

    test("are signed out from each other, sockets and all", async () => {
      const phone = await at(a);
      const laptop = await anotherDevice(b, phone.person);
      const wire = await online(connectWebSocket, b, laptop);
      await phone.person.call("DELETE", `/auth/sessions/${laptop.deviceId}`);
      expect((await wire.closed).code).toBe(4403);
      expect(wire.received.at(-1)).toEqual({ event: "session", data: { op: "revoked" } });
      expect((await laptop.call("GET", "/users/me")).status).toBe(401);
    });

    test("each catch up on any gateway from where they were", async () => {
      const [ada, bob] = [await signUp(a), await signUp(b)];
      const conversationId = await directBetween(ada, bob);
      for (const i of upTo(5)) await say(ada, conversationId, `${i}`);
      const first = await online(connectWebSocket, a, bob);
      expect(seqs(first, conversationId)).toEqual(upTo(5));
      await first.request("receipt:delivered", { conversationId, seq: 3 });
      first.close();
      // Cursors are written behind: another node sees them a moment later.
      await until(async () => (await bob.call("GET", "/sync?limit=1")).body.entries[0].seq === 4);
      const second = await online(connectSocketIo, b, bob);
      expect(seqs(second, conversationId)).toEqual([4, 5]);
      const { data } = await second.request("sync", {});
      expect(data.entries.map(({ seq }: Json) => seq)).toEqual([4, 5]);
      expect((await bob.call("GET", `/sync?cursor=${encodeURIComponent(data.cursor)}`)).body.entries).toEqual([]);
    });

    test("hear of a new name, and everybody sees it", async () => {
      const [phone, bob] = [await at(a), await signUp(b)];
      const laptop = await online(connectWebSocket, b, await anotherDevice(b, phone.person));
      const nameOf = async () => (await bob.call("GET", `/users/${phone.person.id}`)).body.displayName;
      expect(await nameOf()).not.toBe("Ada");
      await phone.person.call("PATCH", "/users/me", { displayName: "Ada" });
      expect(await laptop.next("change")).toMatchObject({ op: "profile", user: { displayName: "Ada" } });
      await until(async () => (await nameOf()) === "Ada");
    });

    test("may repeat a request on the other gateway", async () => {
      const ada = await signUp(a);
      const elsewhere = await signIn(b, ada.username, ada.password);
      const once = { "idempotency-key": newKey() };
      const made = await ada.call("POST", "/groups", { name: "One" }, once);
      expect((await elsewhere.call("POST", "/groups", { name: "One" }, once)).body.group.id).toBe(made.body.group.id);
      expect((await ada.call("GET", "/groups")).body.items).toHaveLength(1);
    });

    test("that poll are answered as soon as somebody elsewhere says something", async () => {
      const [ada, bob] = [await signUp(a), await signUp(b)];
      const conversationId = await directBetween(ada, bob);
      await say(ada, conversationId, "before");
      const { body } = await bob.call("GET", "/sync");
      const waiting = bob.call("GET", `/sync?wait=20&cursor=${encodeURIComponent(body.cursor)}`);
      await say(ada, conversationId, "now");
      expect((await waiting).body.entries).toMatchObject([{ content: "now" }]);
    });
  });

  describe("what goes wrong on another node", () => {
    test("is told to clients as if it had been here", async () => {
      const [ada, eve] = [await at(a), await at(b)];
      const group = await groupOf(ada.person);
      expect((await send(eve.wire, { conversationId: group, content: "x" })).error.code).toBe("NOT_FOUND");
      const tooFar = await ada.wire.request("receipt:read", { conversationId: group, seq: 9 });
      expect(tooFar.error).toMatchObject({
        code: "VALIDATION",
        errors: [{ path: "seq", message: "is above the end of the log" }],
      });
      const reply = await ada.person.call("POST", "/auth/login", { login: ada.person.username, password: "not that one" });
      expect(reply).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
    });

    test("is UNAVAILABLE to services when it is the node itself, or the way to it", async () => {
      const gone = await a.caller.call("router.stats", {}, { nodeID: "nobody" }).catch((e) => e);
      const late = await a.caller.call("router.stats", {}, { nodeID: b.nodeID, timeout: 1 }).catch((e) => e);
      for (const error of [gone, late]) {
        expect(error).toBeInstanceOf(ChatError);
        expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
      }
    });

    test("keeps class, code and data for services", async () => {
      const { person } = await at(a);
      const viewer = { userId: person.id, deviceId: person.deviceId };
      const failed = await a.caller
        .call("conversations.cursor", { conversationId: "none", viewer, kind: "read", seq: 1 })
        .catch((e) => e);
      expect(failed).toBeInstanceOf(ChatError);
      expect(failed).toMatchObject({ code: "NOT_FOUND", status: 404, retryable: false });
      const request = { cursor: "no cursor", limit: 1 };
      const refused = await b.caller.call("conversations.sync", { viewer, request }).catch((e) => e);
      expect(refused).toBeInstanceOf(ChatError);
      expect(refused).toMatchObject({ code: "VALIDATION", data: { errors: [{ path: "cursor" }] } });
    });
  });
});
