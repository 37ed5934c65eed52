import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { FanoutItem, FanoutSignal } from "../../contracts/services/fanout.ts";
import type { Privacy } from "../../contracts/shapes.ts";
import { openToAll } from "../../domain/account/account.ts";
import { type ClusterNode, startNode, until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

const GRACE_MS = 30_000;
const LONG_AGO = "2020-01-01T00:00:00.000Z";

const clock = new ManualClock();
const privacy = new Map<string, Privacy["lastSeen"]>();
let node: ClusterNode;
let published: FanoutItem[] = [];
let seen: { userId: string; at: number }[] = [];
/** Someone new for each test: presences outlive them. */
let ada: string;
let bob: string;
let people = 0;

beforeAll(async () => {
  node = await startNode({
    services: ["presence"],
    clock,
    alone: true,
    hear: ["presence.changed"],
    stubs: {
      "users.resolve": ({ userIds }) => userIds.filter((id) => !id.startsWith("nobody")).map(known),
      "users.seen": (mark) => void seen.push(mark),
      "fanout.publish": ({ items }) => void published.push(...items),
    },
  });
});
afterAll(() => node.stop());
beforeAll(newPeople);
afterEach(() => {
  published = [];
  seen = [];
  node.heard.length = 0;
  privacy.clear();
  newPeople();
});

function newPeople(): void {
  people++;
  ada = `ada-${people}`;
  bob = `bob-${people}`;
}

function known(id: string) {
  const lastSeen = privacy.get(id) ?? "everyone";
  return {
    user: { id, username: id, displayName: id },
    privacy: { ...openToAll, lastSeen },
    ...(id.startsWith("bob") && { lastSeenAt: LONG_AGO }),
  };
}

const viewer = (userId: string, socket = "phone") => ({ userId, deviceId: "d", sessionId: `${userId}-${socket}` });
const get = (as: string, userId: string) => node.caller.call("presence.get", { viewer: viewer(as), userId });
const watch = (as: string, ...userIds: string[]) =>
  node.caller.call("presence.watch", { viewer: viewer(as), gateway: "g", userIds });
const say = (userId: string, status: "online" | "away" | "busy") => node.caller.call("presence.set", { userId, status });
const come = (...online: string[]) => node.caller.broadcastLocal("route.transitions", { online, offline: [] });
const go = (...offline: string[]) => node.caller.broadcastLocal("route.transitions", { online: [], offline });

/** Who was sent what, to which of their sessions. */
const told = () =>
  (published as FanoutSignal[]).map(({ event, data, recipients, onlySession }) => ({ event, data, recipients, onlySession }));

const toldTo = (userId: string, data: object, socket = "phone") => ({
  event: "presence",
  data,
  recipients: [userId],
  onlySession: `${userId}-${socket}`,
});

function changePrivacy(userId: string, lastSeen: Privacy["lastSeen"]): void {
  const me = { id: userId, username: userId, displayName: userId, verified: { email: false, phone: false } };
  privacy.set(userId, lastSeen);
  node.caller.broadcast("user.changed", { userId, me: { ...me, privacy: { ...openToAll, lastSeen } } });
}

describe("somebody's presence", () => {
  test("follows their routes, with a grace; when they were last seen is kept", async () => {
    expect(await get(bob, ada)).toEqual({ userId: ada, status: "offline" });
    come(ada);
    expect(await get(bob, ada)).toEqual({ userId: ada, status: "online" });
    const at = clock.now();
    go(ada);
    clock.turn(GRACE_MS - 1);
    expect(await get(bob, ada)).toEqual({ userId: ada, status: "online" });
    clock.turn(1);
    const lastSeenAt = new Date(at).toISOString();
    expect(await get(bob, ada)).toEqual({ userId: ada, status: "offline", lastSeenAt });
    expect(seen).toEqual([{ userId: ada, at }]);
    expect(node.heard.map(({ payload }) => payload)).toEqual([
      { userId: ada, status: "online" },
      { userId: ada, status: "offline", lastSeenAt },
    ]);
  });

  test("is what they say while they are there", async () => {
    come(ada);
    await say(ada, "busy");
    expect(await get(bob, ada)).toEqual({ userId: ada, status: "busy" });
  });

  test("is offline with the time that their account knows, if they were not here lately", async () => {
    expect(await get(ada, bob)).toEqual({ userId: bob, status: "offline", lastSeenAt: LONG_AGO });
  });

  test.each(["contacts", "nobody"] as const)("that is open to %s shows to themselves only", async (open) => {
    privacy.set(bob, open);
    come(bob);
    expect(await get(ada, bob)).toEqual({ userId: bob, status: "offline" });
    expect(await get(bob, bob)).toEqual({ userId: bob, status: "online" });
    go(bob);
    clock.turn(GRACE_MS);
    expect(await get(ada, bob)).toEqual({ userId: bob, status: "offline" });
    expect(await get(bob, bob)).toMatchObject({ status: "offline", lastSeenAt: expect.any(String) });
  });

  test("of nobody is not found", async () => {
    await expect(get(ada, "nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("watching", () => {
  test("answers how it is, in order, without those who do not exist, and tells that session of changes", async () => {
    come(ada);
    const { items } = await watch(bob, ada, "nobody", bob);
    expect(items).toEqual([
      { userId: ada, status: "online" },
      { userId: bob, status: "offline", lastSeenAt: LONG_AGO },
    ]);
    await say(ada, "away");
    await until(() => published.length === 1);
    expect(told()).toEqual([toldTo(bob, { userId: ada, status: "away" })]);
  });

  test("tells each watching session, and nobody who watches somebody else", async () => {
    await watch(bob, ada);
    await node.caller.call("presence.watch", { viewer: viewer(bob, "laptop"), gateway: "g", userIds: [ada] });
    await watch("cyd", bob);
    come(ada);
    await until(() => published.length === 2);
    expect(told()).toEqual([
      toldTo(bob, { userId: ada, status: "online" }),
      toldTo(bob, { userId: ada, status: "online" }, "laptop"),
    ]);
  });

  test("tells when they were last seen when they go", async () => {
    come(ada);
    await watch(bob, ada);
    const lastSeenAt = new Date(clock.now()).toISOString();
    go(ada);
    clock.turn(GRACE_MS);
    await until(() => published.length === 1);
    expect(told()).toEqual([toldTo(bob, { userId: ada, status: "offline", lastSeenAt })]);
  });

  test("ends with unwatch, and with the session", async () => {
    await watch(bob, ada);
    await node.caller.call("presence.unwatch", { viewer: viewer(bob), userIds: [ada] });
    await watch("cyd", ada);
    node.caller.broadcast("session.closed", viewer("cyd"));
    await watch("dan", ada);
    come(ada);
    await until(() => published.length > 0);
    expect(told()).toEqual([toldTo("dan", { userId: ada, status: "online" })]);
  });

  test("leaves nothing behind of a session that closes before the answer", async () => {
    const sessions = await node.metric("switchboard_presence_watching_sessions");
    const answer = watch(bob, ada);
    node.caller.broadcast("session.closed", viewer(bob));
    await answer;
    expect(await node.metric("switchboard_presence_watching_sessions")).toBe(sessions);
  });

  test("ends with the gateway of who watched", async () => {
    await watch(bob, ada);
    node.caller.broadcastLocal("route.gone", { nodeID: "g" });
    await watch("dan", ada);
    come(ada);
    await until(() => published.length > 0);
    expect(told()).toEqual([toldTo("dan", { userId: ada, status: "online" })]);
  });

  test("of more than 500 is refused", async () => {
    const everybody = Array.from({ length: 500 }, (_, i) => `user-${i}`);
    await watch(bob, ...everybody);
    await expect(watch(bob, ada)).rejects.toMatchObject({ code: "VALIDATION" });
    node.caller.broadcast("session.closed", viewer(bob));
  });

  test("somebody who does not want it tells nothing, except to themselves", async () => {
    privacy.set(ada, "nobody");
    expect((await watch(bob, ada)).items).toEqual([{ userId: ada, status: "offline" }]);
    await watch(ada, ada);
    come(ada);
    await until(() => published.length === 1);
    expect(told()).toEqual([toldTo(ada, { userId: ada, status: "online" })]);
  });

  test("shows somebody who no longer wants it as offline, and again when they do", async () => {
    come(ada);
    await watch(bob, ada);
    changePrivacy(ada, "nobody");
    await until(() => published.length === 1);
    changePrivacy(ada, "everyone");
    await until(() => published.length === 2);
    expect(told()).toEqual([toldTo(bob, { userId: ada, status: "offline" }), toldTo(bob, { userId: ada, status: "online" })]);
  });
});
