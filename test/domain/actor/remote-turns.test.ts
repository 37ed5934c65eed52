import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { NotFoundError } from "../../../contracts/errors.ts";
import type { AskedTurn, TurnAnswer } from "../../../contracts/services/actors.ts";
import { MovedError } from "../../../domain/actor/moved.ts";
import { TurnDesk } from "../../../domain/actor/turn-desk.ts";
import { TurnLinks } from "../../../domain/actor/turn-links.ts";
import { until } from "../../cluster-node.ts";
import { ManualClock } from "../../manual-clock.ts";

const action = "conversations.group";
const asked = (name: string) => ({ conversationId: name });

/** Two nodes, and calls between them that arrive, or do not, as told. */
class Pair {
  readonly clock = new ManualClock();
  /** The turns that run, by name: each waits to be answered. */
  readonly running = new Map<string, { resolve(value: never): void; reject(error: unknown): void }>();
  /** Calls of either kind. */
  readonly calls = { turns: 0, answers: 0 };
  lost: "turns" | "answers" | undefined;
  readonly losses: TurnAnswer[][] = [];

  readonly desk = new TurnDesk({
    clock: this.clock,
    run: ({ params }) =>
      new Promise((resolve, reject) => {
        this.running.set((params as { conversationId: string }).conversationId, { resolve, reject });
      }),
    send: async (_, answers) => {
      this.calls.answers++;
      if (this.lost === "answers") throw new Error("lost");
      this.links.heard("owner", answers);
    },
    onLost: (_, answers) => void this.losses.push(answers),
  });

  readonly links: TurnLinks = new TurnLinks({
    clock: this.clock,
    send: (_, turns) => this.#send(turns),
  });

  ask(name: string): Promise<unknown> {
    return this.links.ask("owner", { action, params: asked(name) });
  }

  async begun(...names: string[]): Promise<void> {
    await until(() => {
      this.clock.turn(1);
      return names.every((name) => this.running.has(name));
    });
  }

  answer(name: string, value: unknown = name): void {
    this.running.get(name)?.resolve(value as never);
  }

  #send(turns: AskedTurn[]): Promise<TurnAnswer[]> {
    this.calls.turns++;
    return this.lost === "turns" ? new Promise(() => {}) : this.desk.turns("asker", turns);
  }
}

describe("turns asked of another node", () => {
  let pair: Pair;
  beforeEach(() => {
    pair = new Pair();
  });

  /** Turns the clock on until it is settled. */
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const mark = () => {
      done = true;
    };
    promise.then(mark, mark);
    await until(() => {
      pair.clock.turn(1);
      return done;
    });
    return promise;
  }

  test("are each answered with their own answer, whatever order they end in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        async (names, picks) => {
          pair = new Pair();
          const answers = names.map((name) => pair.ask(name));
          await pair.begun(...names);
          const left = [...names];
          for (const pick of picks) {
            const [name] = left.splice(pick % left.length, 1);
            if (name === undefined) break;
            pair.answer(name);
            if (pick % 3 === 0) await settled(answers[names.indexOf(name)] as Promise<unknown>);
            if (left.length === 0) break;
          }
          expect(await settled(Promise.all(answers))).toEqual(names);
          expect(pair.calls.turns).toBe(1);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("get their failure, or hear that the actor has moved", async () => {
    const [gone, moved, defect] = ["gone", "moved", "defect"].map((name) => pair.ask(name).catch((error) => error));
    await pair.begun("gone", "moved", "defect");
    pair.running.get("gone")?.reject(new NotFoundError("nothing there"));
    pair.running.get("moved")?.reject(new MovedError());
    pair.running.get("defect")?.reject(new TypeError("x is not a function"));
    expect(await settled(Promise.resolve(gone))).toMatchObject({ code: "NOT_FOUND", message: "nothing there" });
    expect(await moved).toBeInstanceOf(MovedError);
    expect(await defect).toMatchObject({ name: "Error", message: "TypeError: x is not a function" });
  });

  test("have answers that travel with calls of others, if there are any", async () => {
    const slow = pair.ask("slow");
    await pair.begun("slow");
    pair.clock.turn(300);
    const quick = pair.ask("quick");
    await pair.begun("quick");
    pair.answer("slow");
    expect(await settled(slow)).toBe("slow");
    expect(pair.calls).toEqual({ turns: 2, answers: 0 });
    pair.answer("quick");
    expect(await settled(quick)).toBe("quick");
    expect(pair.calls).toEqual({ turns: 2, answers: 1 });
  });

  test("may take seconds while the node is well", async () => {
    const slow = pair.ask("slow");
    await pair.begun("slow");
    for (let i = 0; i < 12; i++) {
      pair.clock.turn(250);
      await new Promise((resolve) => setImmediate(resolve));
    }
    pair.answer("slow");
    expect(await settled(slow)).toBe("slow");
  });

  test("are given up after four and a half", async () => {
    const never = pair.ask("never").catch((error) => error);
    await pair.begun("never");
    const began = pair.clock.now();
    for (let i = 0; i < 18; i++) {
      pair.clock.turn(250);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await never).toMatchObject({ code: "UNAVAILABLE" });
    expect(pair.clock.now() - began).toBe(4500);
  });

  test("fail within a second of silence", async () => {
    pair.lost = "turns";
    const silent = pair.ask("silent").catch((error) => error);
    const began = pair.clock.now();
    expect(await settled(silent)).toMatchObject({ name: "NodeSilentError" });
    expect(pair.clock.now() - began).toBeLessThan(1100);
  });

  test("do not fail because this process stood still", async () => {
    const waiting = pair.ask("waiting");
    await pair.begun("waiting");
    pair.clock.sleep(15_000);
    pair.clock.turn(1);
    pair.answer("waiting");
    expect(await settled(waiting)).toBe("waiting");
  });

  test("are refused when too many wait already", async () => {
    pair.lost = "turns";
    const waiting = Array.from({ length: 20_000 }, (_, i) => pair.ask(`${i}`).catch(() => "failed"));
    await expect(pair.ask("one more")).rejects.toMatchObject({ code: "OVERLOADED" });
    pair.links.gone("owner");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["failed"]));
  });
});

test("answers that cannot be sent are sent once more, and then lost", async () => {
  const pair = new Pair();
  const asked = pair.ask("a").catch((error) => error);
  await pair.begun("a");
  pair.clock.turn(300);
  pair.lost = "answers";
  pair.answer("a");
  await until(() => {
    pair.clock.turn(1);
    return pair.losses.length > 0;
  });
  expect(pair.calls.answers).toBe(2);
  pair.links.gone("owner");
  expect(await asked).toMatchObject({ name: "NodeSilentError" });
});
