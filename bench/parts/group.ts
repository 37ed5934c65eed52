import { setTimeout as wait } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { connectAll } from "../load/client.ts";
import { Crowd } from "../load/crowd.ts";
import { type Person, people } from "../load/people.ts";
import { percentile } from "../load/statistics.ts";
import type { Target } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import type { Comparison, Part } from "./part.ts";

const MEMBERS = 500;
const WARM_UP = 20;
const MESSAGES = 100;

/** One message to five hundred people who are all there: when has the last one got it? */
export const group = (name: string, compared: Comparison): Part => ({
  name,
  says: `a group of ${MEMBERS}, one message at a time`,
  run: () => {
    const members = people(MEMBERS);
    const memberIds = members.map(({ userId }) => userId);
    const conversation = { id: uuidv7(), type: "group", memberIds, messages: 0 } as const;
    return compared.over({ userIds: memberIds, conversations: [conversation] }, async (targets) => {
      const subjects = await measured(targets, compared.rounds, (target) => round(target, members, conversation.id));
      return outcome(name, subjects, compared.floor, [
        { key: "lastP50", unit: "ms", says: "send to the last member's receipt: p50" },
        { key: "lastP99", unit: "ms", says: "p99" },
        { key: "cpu", unit: "µs", says: "server's CPU per delivered message" },
      ]);
    });
  },
});

async function round(target: Target, members: Person[], id: string) {
  const clients = await connectAll(members.map((member) => target.as(member, id)));
  const crowd = new Crowd(clients, target.bare ? `"to":"${id}"` : `"conversationId":"${id}"`);
  // The second look at what was missed while connecting is behind them then.
  await wait(2000);
  await crowd.say(WARM_UP);
  const cpu = target.server.cpuSeconds();
  const times = await crowd.say(MESSAGES);
  const used = target.server.cpuSeconds() - cpu;
  await crowd.end();
  return {
    lastP50: percentile(times, 0.5),
    lastP99: percentile(times, 0.99),
    cpu: (used / (MESSAGES * (MEMBERS - 1))) * 1e6,
  };
}
