import { describe, expect, test } from "@jest/globals";
import { anotherDevice, directBetween, groupOf, type Json, newKey, newUsername, say, signUp } from "./people.ts";
import { expectShape, ISO } from "./shapes.ts";
import { connectWebSocket, online } from "./sockets.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

describe("what a client is given has the fields of the page, and no other", () => {
  test("users, one's own account and devices", async () => {
    const email = `${newUsername()}@example.org`;
    const [ada, bob] = [await signUp(target, { email }), await signUp(target)];
    await ada.call("PATCH", "/users/me", { statusMessage: "here", avatarUrl: "https://example.org/a.png" });
    const mine = (await ada.call("GET", "/users/me")).body;
    expectShape("me", mine);
    expect(mine).toMatchObject({ email, statusMessage: "here", avatarUrl: "https://example.org/a.png" });
    expectShape("user", (await bob.call("GET", `/users/${ada.id}`)).body);
    for (const found of (await bob.call("GET", `/users?q=${ada.username}`)).body.items) expectShape("user", found);
    for (const device of (await ada.call("GET", "/auth/sessions")).body.items) expectShape("device", device);
    expectShape("presence", (await bob.call("GET", `/users/${ada.id}/presence`)).body);
  });

  test("a direct conversation, before and after its first message", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const { body } = await ada.call("POST", "/conversations", { userId: bob.id });
    expectShape("conversation", body);
    expect(body).toMatchObject({ lastSeq: 0, lastN: 0, readN: 0, deliveredSeq: 0, readSeq: 0, unread: 0 });
    expect(body).not.toHaveProperty("group");
    await say(ada, body.id, "hello");
    const after = (await bob.call("GET", `/conversations/${body.id}`)).body;
    expectShape("conversation", after);
    expect(after).toMatchObject({ firstSeq: 1, lastSeq: 1, lastN: 1, lastMessageAt: after.lastMessage.createdAt });
    expect(after).not.toHaveProperty("leftSeq");
  });

  test("a group, its conversation and its members", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const { body } = await ada.call("POST", "/groups", { name: "G", memberIds: [bob.id], maxMembers: 5, isPrivate: true });
    expectShape("group", body.group);
    expect(body.group).toMatchObject({ maxMembers: 5, isPrivate: true });
    expectShape("conversation", body.conversation);
    expect(body.conversation.group).toEqual(body.group);
    expect(body.conversation).not.toHaveProperty("peer");
    const { id } = body.group;
    expectShape("group", (await bob.call("GET", `/groups/${id}`)).body);
    for (const group of (await bob.call("GET", "/groups")).body.items) expectShape("group", group);
    for (const member of (await bob.call("GET", `/groups/${id}/members`)).body.items) expectShape("groupMember", member);
    expectShape("group", (await ada.call("PATCH", `/groups/${id}`, { description: "d" })).body);
    expectShape("groupMember", (await ada.call("PATCH", `/groups/${id}/members/${bob.id}`, { role: "admin" })).body);
    for (const one of (await bob.call("GET", "/conversations")).body.items) expectShape("conversation", one);
  });

  test("entries of every kind, live, raw, by sync and in acknowledgements", async () => {
    const [ada, bob, carol] = [await signUp(target), await signUp(target), await signUp(target)];
    const conversationId = await groupOf(ada, bob);
    const b = await online(connectWebSocket, target, bob);
    const a = await online(connectWebSocket, target, ada);
    const sent = await a.request("message:send", { conversationId, clientMsgId: newKey(), content: "x", expiresIn: 600 });
    expectShape("message", sent.data);
    const { id } = sent.data;
    const edited = await a.request("message:edit", { id, content: "y", mentions: "all", clientMsgId: newKey() });
    expect(edited.data).toEqual({ conversationId, seq: 3 });
    await b.request("message:react", { id, emoji: "🎉", op: "add" });
    await b.request("message:pin", { id, op: "add" });
    await ada.call("PATCH", `/groups/${conversationId}`, { name: "Other" });
    await ada.call("POST", `/groups/${conversationId}/members`, { userIds: [carol.id] });
    await ada.call("PATCH", `/groups/${conversationId}/members/${carol.id}`, { role: "admin" });
    const gone = await say(ada, conversationId, "gone");
    await ada.call("DELETE", `/messages/${gone.id}?for=everyone`);
    const hidden = await say(ada, conversationId, "not for bob");
    await bob.call("DELETE", `/messages/${hidden.id}?for=me`);

    const raw = (await bob.call("GET", `/conversations/${conversationId}/entries`)).body;
    const kinds = ["member", "message", "edit", "reaction", "pin", "update", "member", "member", "message", "delete", "hidden"];
    expect(raw.items.map((e: Json) => e.kind)).toEqual(kinds);
    for (const entry of raw.items) expectShape(entry.kind, entry);
    expect((await bob.call("GET", "/sync")).body.entries).toEqual(raw.items);
    await b.next("entry", (e) => e.seq === 11);
    for (const entry of b.entries()) expectShape(entry.kind, entry);
  });

  test("messages as they are now, reactions always among them", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const conversationId = await directBetween(ada, bob);
    const [plain, rich] = [await say(ada, conversationId, "plain"), await say(ada, conversationId, "rich")];
    await ada.call("PATCH", `/messages/${rich.id}`, { content: "richer" });
    await bob.call("PUT", `/messages/${rich.id}/pin`);
    await bob.call("PUT", `/messages/${rich.id}/reactions/${encodeURIComponent("👍")}`);
    const { body } = await bob.call("GET", `/conversations/${conversationId}/messages`);
    expect(Object.keys(body).sort()).toEqual(["asOf", "hasMoreAfter", "hasMoreBefore", "items"]);
    for (const item of body.items) expectShape("current", item);
    expect(body.items).toMatchObject([
      { id: plain.id, reactions: {} },
      { id: rich.id, reactions: { "👍": { count: 1, me: true } }, pinned: true, editedAt: expect.stringMatching(ISO) },
    ]);
    const mine = (await ada.call("GET", `/conversations/${conversationId}/messages`)).body;
    expect(mine.items[1].reactions).toEqual({ "👍": { count: 1, me: false } });
  });

  test("ready, receipts, presence, conversation and reset events", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const phone = await anotherDevice(target, bob);
    const [a, b] = [await online(connectWebSocket, target, ada), await online(connectWebSocket, target, bob)];
    const ready = await a.next("ready");
    expect(Object.keys(ready).sort()).toEqual(
      ["deviceId", "heartbeatMs", "limits", "nodeId", "serverTime", "sessionId", "userId"].sort(),
    );
    expect(ready.serverTime).toMatch(ISO);
    expect(Object.keys(ready.limits).sort()).toEqual(
      ["burst", "contentLength", "frameBytes", "sendsPerSecond", "socketsPerUser"].sort(),
    );
    await a.request("presence:watch", { userIds: [bob.id] });
    await b.request("presence:set", { status: "away" });
    expectShape("presence", await a.next("presence", (p) => p.status === "away"));
    const conversationId = await groupOf(ada, bob);
    expectShape("conversation", await b.next("conversation"));
    await say(ada, conversationId, "x");
    await phone.call("POST", `/conversations/${conversationId}/read`, { seq: 2 });
    const receipt = await a.next("receipt");
    expectShape("receipt", receipt);
    expect(receipt).toMatchObject({ conversationId, userId: bob.id, readSeq: 2 });
    await bob.call("DELETE", `/groups/${conversationId}/members/me`);
    await ada.call("POST", `/groups/${conversationId}/members`, { userIds: [bob.id] });
    const reset = await b.next("reset");
    expectShape("reset", reset);
    expect(reset).toMatchObject({ conversationId, firstSeq: 1 });
  });
});
