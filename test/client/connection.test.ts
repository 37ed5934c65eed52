import { describe, expect, test } from "@jest/globals";
import { Connection, type ConnectionState } from "../../client/connection/connection.ts";
import { RequestError } from "../../client/connection/request-error.ts";
import { ManualClock } from "../manual-clock.ts";
import { ScriptedTransport } from "./scripted-transport.ts";

const settled = async () => {
  for (let i = 0; i < 10; i++) await null;
};

function setUp() {
  const clock = new ManualClock();
  const transport = new ScriptedTransport();
  const states: ConnectionState[] = [];
  const tokens = {
    issued: 0,
    refusal: undefined as RequestError | undefined,
    async accessToken({ fresh = false } = {}) {
      if (tokens.refusal) throw tokens.refusal;
      if (fresh) tokens.issued++;
      return `token${tokens.issued}`;
    },
  };
  const connection = new Connection({
    url: "http://server",
    transport,
    tokens,
    clock,
    random: () => 1,
    backoff: { firstMs: 500, mostMs: 4_000 },
    onState: (state) => states.push(state),
    onEvent: () => undefined,
  });
  const online = async () => {
    connection.open();
    await settled();
    transport.ready();
  };
  return { connection, clock, transport, states, tokens, online };
}

test("it is online when the server has said so", async () => {
  const { connection, transport, states } = setUp();
  connection.open();
  await settled();
  expect(connection.state).toEqual({ state: "connecting" });
  transport.ready();
  expect(states.map((s) => s.state)).toEqual(["connecting", "online"]);
});

describe("when the link ends", () => {
  test("it waits longer each time, up to a bound, and begins small again after a good while", async () => {
    const { connection, clock, transport, online } = setUp();
    await online();
    const waits: number[] = [];
    const cut = async () => {
      transport.last.events.closed(1006, "");
      const { state } = connection;
      if (state.state !== "waiting") throw new Error(state.state);
      const ms = state.retryAt - clock.now();
      waits.push(ms);
      clock.turn(ms);
      await settled();
    };
    for (let i = 0; i < 5; i++) await cut();
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 4_000]);
    transport.ready();
    clock.turn(10_000);
    await cut();
    expect(waits.at(-1)).toBe(500);
  });

  test("with 4401 it comes back with a fresh token", async () => {
    const { clock, transport, online } = setUp();
    await online();
    transport.last.events.closed(4401, "TOKEN_EXPIRED");
    clock.turn(500);
    await settled();
    expect(transport.links.map((l) => l.token)).toEqual(["token0", "token1"]);
  });

  test.each([
    [4403, "signedOut"],
    [4409, "replaced"],
  ])("with %i it stays away: %s", async (code, reason) => {
    const { connection, clock, transport, online } = setUp();
    await online();
    transport.last.events.closed(code, "");
    clock.turn(3_600_000);
    await settled();
    expect(connection.state).toEqual({ state: "stopped", reason });
    expect(transport.links).toHaveLength(1);
  });

  test.each([4408, 4413, 4503, 1006])("with %i it comes back", async (code) => {
    const { clock, transport, online } = setUp();
    await online();
    transport.last.events.closed(code, "");
    clock.turn(500);
    await settled();
    expect(transport.links).toHaveLength(2);
  });

  test("what was asked and not answered is rejected", async () => {
    const { connection, transport, online } = setUp();
    await online();
    const asked = connection.request("sync", {});
    transport.last.events.closed(1006, "");
    await expect(asked).rejects.toMatchObject({ code: "DISCONNECTED", retryable: true });
  });

  test("what it reports late is heard no more", async () => {
    const { connection, clock, transport, online } = setUp();
    await online();
    const first = transport.last;
    first.events.closed(1006, "");
    clock.turn(500);
    await settled();
    transport.ready();
    first.events.closed(4403, "");
    expect(connection.state).toEqual({ state: "online" });
  });
});

test("a draining server is left when it says, once", async () => {
  const { clock, transport, online } = setUp();
  await online();
  transport.last.events.event("session", { op: "draining", reconnectAfterMs: 1_200 });
  clock.turn(300);
  transport.last.events.closed(4503, "DRAINING");
  clock.turn(899);
  await settled();
  expect(transport.links).toHaveLength(1);
  clock.turn(1);
  await settled();
  expect(transport.links).toHaveLength(2);
});

test("silence for two heartbeats ends a link", async () => {
  const { connection, clock, transport, online } = setUp();
  await online();
  clock.turn(40_000);
  transport.last.events.event("heads", {});
  clock.turn(49_500);
  expect(connection.state).toEqual({ state: "online" });
  clock.turn(10_500);
  expect(connection.state.state).toBe("waiting");
  expect(transport.last.closed).toBe(true);
});

test("a link that never gets ready is given up", async () => {
  const { connection, clock, transport } = setUp();
  connection.open();
  await settled();
  clock.turn(10_000);
  expect(connection.state.state).toBe("waiting");
  expect(transport.last.closed).toBe(true);
});

test("a session that the server takes no more stops it; one that cannot be renewed now does not", async () => {
  const { connection, clock, tokens, online } = setUp();
  tokens.refusal = new RequestError("UNAVAILABLE", "later");
  connection.open();
  await settled();
  expect(connection.state.state).toBe("waiting");
  tokens.refusal = new RequestError("UNAUTHENTICATED", "no more");
  clock.turn(500);
  await settled();
  expect(connection.state).toEqual({ state: "stopped", reason: "signedOut" });
  tokens.refusal = undefined;
  await online();
  expect(connection.state).toEqual({ state: "online" });
});

describe("a request", () => {
  test("has an answer, an error, or five seconds", async () => {
    const { connection, clock, transport, online } = setUp();
    await online();
    const good = connection.request("auth:refresh", { token: "t" });
    transport.answer({ ok: true, data: { expiresIn: 900 } });
    await expect(good).resolves.toEqual({ expiresIn: 900 });
    const bad = connection.request("auth:refresh", { token: "t" });
    transport.answer({ ok: false, error: { code: "RATE_LIMITED", message: "slow down", retryAfterMs: 70 } });
    await expect(bad).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 70 });
    const lost = connection.request("auth:refresh", { token: "t" });
    clock.turn(5_000);
    await expect(lost).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("without a connection is rejected at once", async () => {
    await expect(setUp().connection.request("sync", {})).rejects.toMatchObject({ code: "DISCONNECTED" });
  });
});
