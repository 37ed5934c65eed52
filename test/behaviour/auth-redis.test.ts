import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Caller, Returns } from "../../contracts/caller.ts";
import { authService } from "../../services/auth/auth.service.ts";
import { redisEphemeral } from "../../stores/ephemeral.redis.ts";
import type { Ephemeral } from "../../stores/ephemeral.ts";
import { until } from "../cluster-node.ts";
import { describeWith } from "../servers/describe-with.ts";
import { patientWithRedis, startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/test-server.ts";
import { type ServiceBench, serviceBench } from "../service-bench.ts";

const PASSWORD = "tall green lantern";
const stubs = { "conversations.enrolDevice": () => {}, "conversations.forgetDevice": () => {} };

let redis: TestServer;
let bench: ServiceBench;
/** Another node of authentication. It hears no events of the first: its broker is alone. */
let other: Awaited<ReturnType<ServiceBench["another"]>>;
const connections: Ephemeral[] = [];

function ephemeral(): Ephemeral {
  const connection = redisEphemeral(redis.url, 900_000, () => {}, patientWithRedis);
  connections.push(connection);
  return connection;
}

describeWith("redis")("nodes that share Redis", () => {
  beforeAll(async () => {
    redis = await startRedis();
    const env = { RATE_LIMITS: "on", LOGINS_PER_MINUTE: "4" };
    bench = await serviceBench([authService], { stubs, env, ephemeral });
    other = await bench.another(authService);
    await allUp();
  });
  afterAll(async () => {
    await other?.stop();
    await bench?.stop();
    for (const connection of connections) await connection.close();
    await redis?.remove();
  });
  afterEach(async () => {
    await redis.restart();
    await allUp();
  });

  const allUp = () => until(() => connections.every(({ isUp }) => isUp));
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => "OK",
      (error) => error.code,
    );
  const guess = ({ call }: Caller, login: string, password = "wrong") => codeOf(call("auth.login", { login, password }));

  async function signUp(username: string): Promise<Returns<"auth.login">> {
    await bench.caller.call("auth.register", { username, password: PASSWORD });
    return bench.caller.call("auth.login", { login: username, password: PASSWORD });
  }

  describe("guesses at a password", () => {
    test("are counted by all nodes together", async () => {
      await signUp("ada");
      for (const { caller } of [bench, other, bench, other]) expect(await guess(caller, "ada")).toBe("UNAUTHENTICATED");
      for (const { caller } of [bench, other]) expect(await guess(caller, "ada", PASSWORD)).toBe("RATE_LIMITED");
    });

    test("sent to all nodes at once are no more than those sent in turn", async () => {
      await signUp("bob");
      const codes = await Promise.all(Array.from({ length: 20 }, (_, i) => guess((i % 2 ? bench : other).caller, "bob")));
      expect(codes.filter((code) => code === "UNAUTHENTICATED")).toHaveLength(4);
      expect(codes.filter((code) => code === "RATE_LIMITED")).toHaveLength(16);
    });

    test.each([
      ["is dead", "mia", () => redis.kill()],
      ["stands still", "noa", () => redis.pause()],
    ])("are counted by each node alone while Redis %s; nobody is let in or kept out for it", async (_, name, goesAway) => {
      await signUp(name);
      await goesAway();
      expect(await guess(bench.caller, name, PASSWORD)).toBe("OK");
      for (let i = 0; i < 4; i++) expect(await guess(bench.caller, name)).toBe("UNAUTHENTICATED");
      expect(await guess(bench.caller, name, PASSWORD)).toBe("RATE_LIMITED");
      expect(await guess(other.caller, name, PASSWORD)).toBe("OK");
    });
  });

  describe("a device that was signed out elsewhere, in an event that got lost", () => {
    const verifyElsewhere = (token: string) => codeOf(other.caller.call("auth.verifyToken", { token }));

    /** Turns the clock on by `ms`, and waits for what follows from it. */
    async function refusedAfter(ms: number, token: string): Promise<void> {
      bench.clock.turn(ms);
      await until(async () => (await verifyElsewhere(token)) === "UNAUTHENTICATED");
    }

    test("is refused within a second, and gateways are told again", async () => {
      const { user, deviceId, accessToken } = await signUp("cleo");
      expect(await verifyElsewhere(accessToken)).toBe("OK");
      await bench.caller.call("auth.logout", { viewer: { userId: user.id, deviceId } });
      bench.events.length = 0;
      await refusedAfter(1000, accessToken);
      expect(bench.events).toEqual([
        { name: "auth.deviceRevoked", payload: { userId: user.id, deviceId, revokedAt: expect.any(Number) } },
      ]);
    });

    test("is refused without Redis too, from the accounts", async () => {
      const { user, deviceId, accessToken } = await signUp("dora");
      await redis.kill();
      await bench.caller.call("auth.logout", { viewer: { userId: user.id, deviceId } });
      expect(await verifyElsewhere(accessToken)).toBe("OK");
      await refusedAfter(30_000, accessToken);
    });
  });
});
