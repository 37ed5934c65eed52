import { setTimeout as wait } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { Client } from "../load/client.ts";
import { type Person, people } from "../load/people.ts";
import { percentile } from "../load/statistics.ts";
import type { Target } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import type { SeededConversation } from "../seed/seed.ts";
import { withTargets } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const MISSED = 1000;
const CONVERSATIONS = 20;
/** Messages of each conversation that the device has. */
const HELD = 10;
const TIMES = 20;
const ROUNDS = 3;

/** A device comes back to a thousand missed entries; to the bare server, to none. */
export const backlog: Part = {
  name: "backlog",
  says: `from starting to connect to \`synced\`, ${MISSED} entries missed (none at the bare server)`,
  run: () => {
    const [chatty, popular, briefly] = people(3) as [Person, Person, Person];
    const friends = people(CONVERSATIONS);
    const conversations = [
      missing(chatty, friends[0], MISSED),
      missing(briefly, friends[0], MISSED / 10),
      ...friends.map((friend) => missing(popular, friend, MISSED / CONVERSATIONS)),
    ];
    const userIds = [chatty, popular, briefly, ...friends].map(({ userId }) => userId);
    return withTargets({ userIds, conversations }, async (targets) => {
      const subjects = await measured(targets, ROUNDS, async (target) => ({
        tenth: await timeToCatchUp(target, briefly, MISSED / 10),
        one: await timeToCatchUp(target, chatty, MISSED),
        many: await timeToCatchUp(target, popular, MISSED),
      }));
      return outcome("backlog", subjects, "bare", [
        { key: "tenth", unit: "ms", says: "a tenth of them, in one conversation: p50" },
        { key: "one", unit: "ms", says: "all, in one conversation: p50" },
        { key: "many", unit: "ms", says: `all, in ${CONVERSATIONS} conversations: p50` },
      ]);
    });
  },
};

/** A direct conversation of which this person's device misses the last messages. */
export function missing(
  { userId, deviceId }: Person,
  friend: Person | undefined,
  messages: number,
  held = HELD,
): SeededConversation {
  const memberIds = [userId, friend?.userId ?? ""];
  return { id: uuidv7(), type: "direct", memberIds, messages: held + messages, missed: { deviceId, messages } };
}

/** Milliseconds, the median of several. The device acknowledges nothing, so each time it has missed the same. */
export async function timeToCatchUp(target: Target, person: Person, missed: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const began = performance.now();
    const client = new Client(target.as(person));
    let entries = 0;
    client.onEntry = () => entries++;
    await client.synced;
    times.push(performance.now() - began);
    client.drop();
    if (entries !== (target.bare ? 0 : missed)) throw new Error(`${entries} entries instead of ${missed}`);
    await wait(20);
  }
  return percentile(times, 0.5);
}
