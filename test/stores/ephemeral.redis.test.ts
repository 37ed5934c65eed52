import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { redisEphemeral } from "../../stores/ephemeral.redis.ts";
import type { Ephemeral, Limiter } from "../../stores/ephemeral.ts";
import { until } from "../cluster-node.ts";
import { describeWith } from "../servers/describe-with.ts";
import { patientWithRedis, startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/test-server.ts";

let redis: TestServer;
let seen: { isUp: boolean; cause?: string }[];
const open: Ephemeral[] = [];

/** One node's connection, as soon as it works. */
async function node(url = redis.url): Promise<Ephemeral> {
  const ephemeral = nodeAtOnce(url);
  await until(() => ephemeral.isUp);
  return ephemeral;
}

function nodeAtOnce(url = redis.url): Ephemeral {
  const ephemeral = redisEphemeral(
    url,
    60_000,
    (isUp, cause) => void seen.push({ isUp, cause: cause?.message }),
    patientWithRedis,
  );
  open.push(ephemeral);
  return ephemeral;
}

const limiterOf = (ephemeral: Ephemeral): Limiter => ephemeral.limiter({ keyPrefix: "guesses", points: 3, duration: 60 });
const count = async (limiter: Limiter, key: string) => (await limiter.get(key))?.consumedPoints ?? 0;

describeWith("redis")("in Redis", () => {
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.remove());
  beforeEach(() => {
    seen = [];
  });
  afterEach(async () => {
    await redis.restart();
    for (const ephemeral of open.splice(0)) await ephemeral.close();
  });

  describe("a limit", () => {
    test("is shared by all nodes", async () => {
      const [a, b] = [limiterOf(await node()), limiterOf(await node())];
      await a.penalty("ada");
      await b.penalty("ada");
      expect([await count(a, "ada"), await count(b, "ada"), await count(a, "bob")]).toEqual([2, 2, 0]);
    });

    test("is counted by the node alone while Redis is dead, and by all together when it is back", async () => {
      const [a, b] = [await node(), await node()];
      const [mine, others] = [limiterOf(a), limiterOf(b)];
      await mine.penalty("cleo");
      await redis.kill();
      for (let i = 0; i < 2; i++) await mine.penalty("cleo");
      expect([await count(mine, "cleo"), await count(others, "cleo")]).toEqual([2, 0]);
      await redis.restart();
      await until(() => a.isUp && b.isUp);
      expect([await count(mine, "cleo"), await count(others, "cleo")]).toEqual([1, 1]);
    });

    test("does not wait for a Redis that stands still, but for the first moment", async () => {
      const a = await node();
      const mine = limiterOf(a);
      redis.pause();
      await mine.penalty("dora");
      await until(() => !a.isUp);
      const begun = performance.now();
      for (let i = 0; i < 100; i++) await mine.penalty("dora");
      expect(performance.now() - begun).toBeLessThan(5000);
      expect(await count(mine, "dora")).toBe(101);
      redis.resume();
      await until(() => a.isUp);
      await mine.penalty("dora");
      expect(await count(mine, "dora")).toBeLessThan(101);
    });

    test("works if Redis is not there yet, and is shared as soon as it is", async () => {
      await redis.kill();
      const [a, b] = [nodeAtOnce(), nodeAtOnce()];
      const [mine, others] = [limiterOf(a), limiterOf(b)];
      await mine.penalty("eve");
      expect([await count(mine, "eve"), await count(others, "eve")]).toEqual([1, 0]);
      await redis.restart();
      await until(() => a.isUp && b.isUp);
      await mine.penalty("eve");
      expect([await count(mine, "eve"), await count(others, "eve")]).toEqual([1, 1]);
    });
  });

  describe("the watch", () => {
    test("is told once of each change, with its cause", async () => {
      await node();
      await redis.kill();
      await until(() => seen.length === 2);
      await redis.restart();
      await until(() => seen.length === 3);
      expect(seen.map(({ isUp }) => isUp)).toEqual([true, false, true]);
    });

    test("is told why there is no connection to begin with", async () => {
      await redis.kill();
      nodeAtOnce();
      await until(() => seen.length > 0);
      expect(seen).toEqual([{ isUp: false, cause: expect.stringContaining("ECONNREFUSED") }]);
    });
  });

  describe("a server with a password", () => {
    let guarded: TestServer;
    beforeAll(async () => {
      guarded = await startRedis(["--requirepass", "sesame"]);
    });
    afterAll(() => guarded.remove());
    const withPassword = (password: string) => guarded.url.replace("://", `://:${password}@`);

    test("is used by who knows it", async () => {
      const limiter = limiterOf(await node(withPassword("sesame")));
      await limiter.penalty("ada");
      expect(await count(limiterOf(await node(withPassword("sesame"))), "ada")).toBe(1);
    });

    test("is as good as away for who does not, and the watch is told why", async () => {
      const mine = limiterOf(nodeAtOnce(withPassword("abracadabra")));
      await until(() => seen.length > 0);
      expect(seen).toEqual([{ isUp: false, cause: expect.stringMatching(/^WRONGPASS (?!.*abracadabra)/) }]);
      await mine.penalty("bob");
      expect(await count(mine, "bob")).toBe(1);
    });
  });

  describe("the feed of revocations", () => {
    const device = (deviceId: string, at = Date.now()) => ({ userId: "ada", deviceId, revokedAt: new Date(at) });

    test("tells every node once, and a new one what is kept", async () => {
      const [a, b] = [await node(), await node()];
      const [phone, tablet] = [device("phone"), device("tablet", 5)];
      await a.revocations.tell([phone]);
      expect(await b.revocations.news()).toEqual([phone]);
      await a.revocations.tell([tablet]);
      expect(await b.revocations.news()).toEqual([tablet]);
      expect(await b.revocations.news()).toEqual([]);
      expect(await (await node()).revocations.news()).toEqual([phone, tablet]);
    });

    test("goes on after Redis was away; what was told meanwhile is lost", async () => {
      const [a, b] = [await node(), await node()];
      await b.revocations.news();
      await redis.kill();
      await expect(b.revocations.news()).rejects.toThrow();
      await a.revocations.tell([device("lost")]).catch(() => undefined);
      await redis.restart();
      await until(() => a.isUp && b.isUp);
      const kept = device("kept");
      await a.revocations.tell([kept]);
      expect(await b.revocations.news()).toEqual([kept]);
    });
  });
});
