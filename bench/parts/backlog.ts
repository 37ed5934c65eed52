import { setTimeout as wait } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { Client } from "../load/client.ts";
import { type Person, people } from "../load/people.ts";
import { percentile } from "../load/statistics.ts";
import type { Target } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import { withTargets } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const MISSED = 1000;
const CONVERSATIONS = 20;
const TIMES = 20;
const ROUNDS = 3;

/** A device comes back to a thousand missed entries; to the bare server, to none. */
export const backlog: Part = {
  name: "backlog",
  says: `from starting to connect to \`synced\`, ${MISSED} entries missed (none at the bare server)`,
  run: () => {
    const [chatty, popular, friend] = people(3) as [Person, Person, Person];
    const direct = (person: Person, messages: number) => {
      const others = people(1).map(({ userId }) => userId);
      return { id: uuidv7(), type: "direct" as const, memberIds: [person.userId, ...others], messages };
    };
    const conversations = [
      direct(chatty, MISSED),
      ...Array.from({ length: CONVERSATIONS }, () => direct(popular, MISSED / CONVERSATIONS)),
    ];
    return withTargets({ userIds: [chatty, popular, friend].map(({ userId }) => userId), conversations }, async (targets) => {
      const subjects = await measured(targets, ROUNDS, async (target) => ({
        one: await timeOf(target, chatty),
        many: await timeOf(target, popular),
      }));
      return outcome("backlog", subjects, "bare", [
        { key: "one", unit: "ms", says: "all in one conversation: p50" },
        { key: "many", unit: "ms", says: `in ${CONVERSATIONS} conversations: p50` },
      ]);
    });
  },
};

/** The device acknowledges nothing, so each time it has missed the same. */
async function timeOf(target: Target, person: Person): Promise<number> {
  const times: number[] = [];
  const missed = target.bare ? 0 : MISSED;
  for (let i = 0; i < TIMES; i++) {
    const began = performance.now();
    const client = new Client(target.as(person));
    let entries = 0;
    client.onEntry = () => entries++;
    await client.synced;
    times.push(performance.now() - began);
    client.drop();
    if (entries !== missed) throw new Error(`${entries} entries instead of ${missed}`);
    await wait(20);
  }
  return percentile(times, 0.5);
}
