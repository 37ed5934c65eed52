import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ActorHost } from "../../../domain/actor/actor-host.ts";
import { ManualClock } from "../../manual-clock.ts";

const keys = ["a", "b", "c"] as const;
const key = fc.constantFrom(...keys);
const steps = fc.integer({ min: 0, max: 4 });

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("call" as const), key, steps, fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("passivate" as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(500, 3000, 20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), steps }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const pass = async (count: number) => {
  for (let i = 0; i < count; i++) await null;
};

/** Watches everything that happens to each key from outside. */
class World {
  readonly clock = new ManualClock();
  readonly busy = new Set<string>();
  readonly alive = new Map<string, number>();
  readonly began = new Map<string, number[]>(keys.map((name) => [name, []]));
  readonly host: ActorHost<{ key: string; id: number }>;
  #activations = 0;

  constructor(failing: boolean[]) {
    this.host = new ActorHost({
      clock: this.clock,
      idleMs: 10_000,
      maxActive: 2,
      maxMailbox: 6,
      activate: (name) => this.#alone(name, () => this.#activate(name, failing)),
      passivate: (actor, name) => this.#alone(name, () => this.#passivate(name, actor.id)),
    });
  }

  async call(name: string, order: number, length: number, fails: boolean): Promise<number> {
    return this.host.run(name, (actor) =>
      this.#alone(name, async () => {
        expect(this.alive.get(name)).toBe(actor.id);
        this.began.get(name)?.push(order);
        await pass(length);
        if (fails) throw new Error("turn failed");
        return order;
      }),
    );
  }

  async #activate(name: string, failing: boolean[]) {
    expect(this.alive.has(name)).toBe(false);
    await pass(2);
    const id = this.#activations++;
    if (failing[id]) throw new Error("activation failed");
    this.alive.set(name, id);
    return { key: name, id };
  }

  async #passivate(name: string, id: number): Promise<void> {
    expect(this.alive.get(name)).toBe(id);
    await pass(3);
    this.alive.delete(name);
  }

  async #alone<T>(name: string, run: () => Promise<T>): Promise<T> {
    expect(this.busy.has(name)).toBe(false);
    this.busy.add(name);
    try {
      return await run();
    } finally {
      this.busy.delete(name);
    }
  }
}

async function act(world: World, one: Action, order: number): Promise<number> {
  switch (one.do) {
    case "call":
      return world.call(one.key, order, one.steps, one.fails);
    case "passivate":
      await world.host.passivate(one.key);
      return order;
    case "pass":
      world.clock.turn(one.ms);
      return order;
    case "pause":
      world.clock.sleep(6000);
      return order;
    case "wait":
      await pass(one.steps);
      return order;
  }
}

const expected = /turn failed|activation failed|waits for this/;

test("turns of one key never overlap, keep their order, and every caller gets its own answer", () =>
  fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.array(fc.boolean(), { maxLength: 20 }), async (actions, failing) => {
      const world = new World(failing);
      const asked: Promise<number>[] = [];
      for (const [order, one] of actions.entries()) {
        const answer = act(world, one, order);
        answer.catch(() => {});
        asked.push(answer);
        if (one.do === "wait") await answer;
      }
      const outcomes = await Promise.allSettled(asked);
      for (const [order, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") expect(outcome.value).toBe(order);
        else expect(String(outcome.reason)).toMatch(expected);
      }
      for (const [name, orders] of world.began) {
        expect(orders).toEqual(orders.toSorted((a, b) => a - b));
        const answered = [...actions.entries()].filter(
          ([order, one]) => one.do === "call" && one.key === name && outcomes[order]?.status === "fulfilled",
        );
        for (const [order] of answered) expect(orders).toContain(order);
      }
      await world.host.stop();
      expect(world.alive.size).toBe(0);
      expect(world.host.active).toBe(0);
    }),
    { numRuns: 300 },
  ));
