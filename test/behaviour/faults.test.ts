import { describe, expect, test } from "@jest/globals";
import { type Commit, CommitRefused, type MessageLog } from "../../stores/message-log.ts";
import type { MessageStore } from "../../stores/message-store.ts";
import { type FaultOptions, FaultyLog } from "../faults/faulty-log.ts";
import { ManualClock } from "../manual-clock.ts";
import { ConversationNode, text, viewer } from "./conversation-node.ts";
import { checkLog, checkSent, makeGroup, persist, talk } from "./talk.ts";

const SENDERS = 50;
const GROUPS = ["red", "green", "blue"];
const people = Array.from({ length: SENDERS }, (_, i) => `u${i}`);

const everyFault: FaultOptions["appends"] = {
  refused: 0.1,
  lost: 0.1,
  partial: 0.15,
  unanswered: 0.1,
  overtaken: 0.1,
  late: 0.1,
};

async function withFaults(
  options: FaultOptions,
  run: (node: ConversationNode, faulty: FaultyLog) => Promise<void>,
): Promise<void> {
  const clock = new StoreClock();
  let faulty: FaultyLog | undefined;
  const node = await ConversationNode.start({
    clock,
    watch: clock.watch,
    log: (inner) => (faulty = new FaultyLog(inner, options)),
  });
  const log = faulty;
  if (!log) throw new Error("the node did not take the log");
  await turning(clock, Promise.all(GROUPS.map((group) => persist(() => makeGroup(node, group, people)))));
  await turning(clock, run(node, log)).finally(async () => {
    await log.heal();
    await turning(clock, node.stop());
  });
}

describe("a store that fails in every way it may", () => {
  test.each(Array.from({ length: 12 }, (_, i) => i + 1))(
    "leaves every log gapless, with each acknowledged message once at its place (seed %i)",
    (seed) =>
      withFaults({ seed, appends: everyFault, reads: 0.05 }, async (node, faulty) => {
        const jobs = people.map((userId, i) => {
          const group = GROUPS[i % GROUPS.length] ?? "red";
          return talk(node, userId, group).then((sent) => ({ group, sent }));
        });
        const done = Map.groupBy(await Promise.all(jobs), ({ group }) => group);
        expect(Object.values(faulty.count).reduce((a, b) => a + b)).toBeGreaterThan(10);
        for (const [group, talks] of done) {
          const sent = talks.flatMap((one) => one.sent);
          await checkSent(node, group, sent);
        }
      }),
  );

  test("has every entry told once in its place, or again where it was repeated", () =>
    withFaults({ seed: 21, appends: everyFault }, async (node) => {
      await Promise.all(people.slice(0, 10).map((userId) => talk(node, userId, "red")));
      await node.writing.stop();
      const told = node.entries.map(({ entry }) => entry).filter((entry) => entry.conversationId === "red");
      const first = [...new Map(told.map((entry) => [entry.seq, entry])).values()];
      const log = await node.logOf("red");
      expect(first.map(({ seq }) => seq)).toEqual(log.map(({ seq }) => seq));
    }));

  test("changes to one message from many hands come to what the log says", () =>
    withFaults({ seed: 33, appends: everyFault, reads: 0.02 }, async (node) => {
      const target = await persist(() =>
        node.writing.append({ conversationId: "red", viewer: viewer("u1"), message: text("vote", { clientMsgId: "vote" }) }),
      );
      await Promise.all(
        people.map(async (userId) => {
          const react = (remove: boolean) =>
            persist(() =>
              node.writing.change({
                conversationId: "red",
                viewer: viewer(userId),
                messageId: target.id,
                change: { op: "react", emoji: "👍", remove },
              }),
            );
          await react(false);
          if (userId.endsWith("3")) await react(true);
        }),
      );
      const log = await node.logOf("red");
      checkLog(log);
      const stays = new Set<string>();
      for (const entry of log) {
        if (entry.kind !== "reaction") continue;
        if (entry.op === "add") stays.add(entry.senderId);
        else stays.delete(entry.senderId);
      }
      expect(stays).toEqual(new Set(people.filter((userId) => !userId.endsWith("3"))));
      const [view] = await node.store.log.views("red", [target.seq]);
      expect(new Set(view?.reactions["👍"])).toEqual(stays);
    }));
});

describe("a store that stays away", () => {
  test("has everybody who waits told so after a while, nothing stuck, and the next send stored", async () => {
    const clock = new StoreClock();
    let faulty: FaultyLog | undefined;
    const node = await ConversationNode.start({
      clock,
      watch: clock.watch,
      log: (inner) => (faulty = new FaultyLog(inner, { seed: 1, appends: { lost: 1 } })),
    });
    const send = (userId: string, peerId: string) =>
      node.writing.append({ conversationId: "pair", viewer: viewer(userId), peerId, message: text(`from ${userId}`) });
    const answers = Promise.allSettled([send("ann", "bob"), send("bob", "ann"), send("ann", "bob")]);
    const outcomes = await turning(clock, answers);
    expect(outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "answered"))).toEqual([
      "UNAVAILABLE",
      "UNAVAILABLE",
      "UNAVAILABLE",
    ]);
    await faulty?.heal();
    expect(await turning(clock, send("ann", "bob"))).toMatchObject({ seq: 1, content: "from ann" });
    await turning(clock, node.stop());
  });

  test("refuses one message for good without holding up the others", async () => {
    const clock = new StoreClock();
    const node = await ConversationNode.start({ clock, watch: clock.watch, log: (inner) => refusing(inner, "poison") });
    const send = (content: string) =>
      node.writing.append({ conversationId: "pair", viewer: viewer("ann"), peerId: "bob", message: text(content) });
    await turning(clock, send("hello"));
    const [poison, ...others] = await turning(clock, Promise.allSettled(["poison", "two", "three"].map(send)));
    expect(poison).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
    expect(others).toMatchObject([{ value: { seq: 2, content: "two" } }, { value: { seq: 3, content: "three" } }]);
    await turning(clock, node.stop());
  });
});

/** Whoever waits for this clock has it turned. */
async function turning<T>(clock: StoreClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  while (!settled) {
    if (!clock.storeIsBusy) clock.turn(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

/** A clock by which the store, which runs in real time, takes none. */
class StoreClock extends ManualClock {
  #calls = 0;

  get storeIsBusy(): boolean {
    return this.#calls > 0;
  }

  readonly watch = (store: MessageStore): MessageStore => {
    return { ...store, log: this.#watched(store.log), participation: this.#watched(store.participation) };
  };

  #watched<T extends object>(part: T): T {
    const counted = <R>(result: R): R => {
      if (result instanceof Promise) {
        this.#calls++;
        const over = () => void this.#calls--;
        result.then(over, over);
      }
      return result;
    };
    return new Proxy(part, {
      get(inner, name) {
        const method: unknown = Reflect.get(inner, name, inner);
        return typeof method === "function" ? (...params: unknown[]) => counted(method.apply(inner, params)) : method;
      },
    });
  }
}

function refusing(inner: MessageLog, content: string): MessageLog {
  const append = async (commit: Commit) => {
    if (commit.entries.some(({ entry }) => entry.kind === "message" && entry.content === content))
      throw new CommitRefused("refused");
    await inner.append(commit);
  };
  return new Proxy(inner, {
    get(log, name: keyof MessageLog) {
      return name === "append" ? append : log[name].bind(log);
    },
  });
}
