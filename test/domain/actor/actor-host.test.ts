import { describe, expect, test } from "@jest/globals";
import { ActorHost, type ActorHostOptions } from "../../../domain/actor/actor-host.ts";
import { MovedError } from "../../../domain/actor/moved.ts";
import { ManualClock } from "../../manual-clock.ts";

interface Counter {
  key: string;
  count: number;
}

function start(options: Partial<ActorHostOptions<Counter>> = {}) {
  const clock = new ManualClock();
  const life: string[] = [];
  const host = new ActorHost<Counter>({
    clock,
    idleMs: 60_000,
    maxActive: 100,
    maxMailbox: 10,
    activate: async (key) => {
      life.push(`${key} activated`);
      return { key, count: 0 };
    },
    passivate: async ({ key }) => {
      life.push(`${key} passivated`);
    },
    ...options,
  });
  const increment = (key: string) => host.run(key, (actor) => ++actor.count);
  return { clock, life, host, increment };
}

/** Lets everything that is ready run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("activation", () => {
  test("happens once, on demand, however many ask at the same time", async () => {
    const { life, increment } = start();
    expect(await Promise.all([increment("a"), increment("a"), increment("b")])).toEqual([1, 2, 1]);
    expect(life).toEqual(["a activated", "b activated"]);
  });

  test("that fails is the answer of all who waited for it, and the next caller tries again", async () => {
    let attempts = 0;
    const { host } = start({
      activate: async (key) => {
        if (++attempts === 1) throw new Error("not now");
        return { key, count: 0 };
      },
    });
    const waiting = [host.run("a", () => 1), host.run("a", () => 2)];
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await host.run("a", () => 3)).toBe(3);
    expect(attempts).toBe(2);
  });

  test("that fails leaves nothing to let go of: whoever waits for that waits no longer", async () => {
    const { host } = start({ activate: () => Promise.reject(new Error("not now")) });
    const turn = host.run("a", () => 1);
    const leaving = [host.passivate("a"), host.passivateWhere(() => true), host.stop()];
    await expect(turn).rejects.toThrow("not now");
    expect(await Promise.all(leaving)).toEqual([undefined, undefined, undefined]);
  });

  test("that fails leaves nothing behind", async () => {
    const { host } = start({ activate: () => Promise.reject(new Error("never")) });
    await expect(host.run("a", () => 1)).rejects.toThrow("never");
    expect(host.active).toBe(0);
  });
});

describe("an actor lets go", () => {
  test("when it had no turn for a while", async () => {
    const { clock, life, host, increment } = start();
    await increment("a");
    clock.turn(30_000);
    await increment("b");
    clock.turn(45_000);
    await settle();
    expect(life).toEqual(["a activated", "b activated", "a passivated"]);
    expect(host.active).toBe(1);
  });

  test("when too many are active, the one used least recently", async () => {
    const { life, increment } = start({ maxActive: 2 });
    await increment("a");
    await increment("b");
    await increment("a");
    await increment("c");
    await settle();
    expect(life).toEqual(["a activated", "b activated", "b passivated", "c activated"]);
  });

  test("when its key moves away; turns that wait get a new activation after it", async () => {
    const { life, host, increment } = start();
    await increment("a");
    const moved = host.passivate("a");
    expect(await increment("a")).toBe(1);
    await moved;
    expect(life).toEqual(["a activated", "a passivated", "a activated"]);
  });

  test("before its next turn when the process stood still for five seconds", async () => {
    const { clock, life, increment } = start();
    await increment("a");
    clock.turn(4000);
    expect(await increment("a")).toBe(2);
    clock.sleep(5000);
    expect(await increment("a")).toBe(1);
    expect(life).toEqual(["a activated", "a passivated", "a activated"]);
  });

  test("without a word when it is discarded", async () => {
    const { life, host } = start();
    const actor = await host.run("a", (self) => self);
    host.discard("a", actor);
    expect(await host.run("a", (self) => self === actor)).toBe(false);
    expect(life).toEqual(["a activated", "a activated"]);
  });

  test("at the stop, after the turns that wait; later ones have moved", async () => {
    const { life, host, increment } = start();
    const waiting = increment("a");
    const stopped = host.stop();
    await expect(increment("a")).rejects.toThrow(MovedError);
    expect(await waiting).toBe(1);
    await stopped;
    expect(life).toEqual(["a activated", "a passivated"]);
    expect(host.active).toBe(0);
  });

  test("even if it fails to", async () => {
    const failures: unknown[] = [];
    const { host, increment } = start({
      passivate: () => Promise.reject(new Error("stuck")),
      onPassivateFailed: (error) => failures.push(error),
    });
    await increment("a");
    await host.passivate("a");
    expect(failures).toHaveLength(1);
    expect(await increment("a")).toBe(1);
  });
});

test("a full mailbox is OVERLOADED for one key and open for another", async () => {
  const { host, increment } = start({ maxMailbox: 1 });
  const forever = () => new Promise<void>(() => {});
  void host.run("a", forever);
  void host.run("a", forever);
  await expect(host.run("a", forever)).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(await increment("b")).toBe(1);
});
