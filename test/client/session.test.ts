import { describe, expect, test } from "@jest/globals";
import { Api } from "../../client/connection/api.ts";
import { Session } from "../../client/connection/session.ts";
import { memoryStore } from "../../client/store.ts";
import { ManualClock } from "../manual-clock.ts";

interface RefreshBody {
  refreshToken: string;
  requestId: string;
}
type Reply = "new pair" | "lost" | { status: number; code: string };

function setUp(store = memoryStore(), clock = new ManualClock()) {
  const bodies: RefreshBody[] = [];
  const replies: Reply[] = [];
  let refused = 0;
  const answer = async (_: unknown, init?: RequestInit): Promise<Response> => {
    bodies.push(JSON.parse(String(init?.body)));
    const reply = replies.shift() ?? "new pair";
    if (reply === "lost") throw new TypeError("network");
    if (reply !== "new pair") return Response.json({ code: reply.code, detail: "as scripted" }, { status: reply.status });
    return Response.json({ accessToken: `a${bodies.length}`, refreshToken: `r${bodies.length}`, expiresIn: 900 });
  };
  let ids = 0;
  const parts = { store, clock, newId: () => `id${++ids}-${bodies.length}`, onRefused: () => void refused++ };
  const session = new Session({ ...parts, api: new Api("http://server", answer as typeof fetch) });
  return { session, store, clock, bodies, replies, refused: () => refused };
}

function signedIn() {
  const world = setUp();
  const user = { id: "u", username: "ada", displayName: "Ada" };
  world.session.begin({ user, deviceId: "d", accessToken: "a0", refreshToken: "r0", expiresIn: 900 });
  return world;
}

describe("an access token", () => {
  test("is used until shortly before its end, then replaced once for all who ask", async () => {
    const { session, clock, bodies } = signedIn();
    clock.turn(809_000);
    expect(await session.accessToken()).toBe("a0");
    clock.turn(1_000);
    expect(await Promise.all([session.accessToken(), session.accessToken(), session.accessToken({ fresh: true })])).toEqual([
      "a1",
      "a1",
      "a1",
    ]);
    expect(bodies).toHaveLength(1);
    expect(await session.accessToken()).toBe("a1");
  });

  test("whose replacement got lost is asked for again under the same requestId, after a reload too", async () => {
    const { session, store, clock, replies, bodies, refused } = signedIn();
    replies.push("lost");
    await expect(session.accessToken({ fresh: true })).rejects.toMatchObject({ code: "DISCONNECTED" });
    const again = setUp(store, clock);
    expect(await again.session.accessToken({ fresh: true })).toBe("a1");
    expect(again.bodies[0]).toEqual(bodies[0]);
    await again.session.accessToken({ fresh: true });
    expect(again.bodies[1]).toMatchObject({ refreshToken: "r1" });
    expect(again.bodies[1]?.requestId).not.toBe(bodies[0]?.requestId);
    expect(refused()).toBe(0);
  });

  test.each([
    [{ status: 401, code: "UNAUTHENTICATED" }, 1],
    [{ status: 403, code: "FORBIDDEN" }, 1],
    [{ status: 503, code: "UNAVAILABLE" }, 0],
    [{ status: 429, code: "RATE_LIMITED" }, 0],
  ])("that cannot be replaced (%j) ends the session only if it never can be", async (reply, times) => {
    const { session, replies, refused } = signedIn();
    replies.push(reply);
    await expect(session.accessToken({ fresh: true })).rejects.toMatchObject({ code: reply.code });
    expect(refused()).toBe(times);
  });
});

test("a session outlives a reload, and a spoilt one is none", () => {
  const { store, clock } = signedIn();
  expect(setUp(store, clock).session.current?.user.username).toBe("ada");
  store.set("session", "{ half");
  expect(setUp(store, clock).session.current).toBeUndefined();
});
