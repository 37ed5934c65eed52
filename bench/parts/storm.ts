import { setTimeout as wait } from "node:timers/promises";
import { connectAll } from "../load/client.ts";
import { type Person, people } from "../load/people.ts";
import type { Target } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import { missing } from "./backlog.ts";
import type { Comparison, Part } from "./part.ts";

const CONNECTIONS = 2000;
const BACKLOG = 10;
const AT_ONCE = 100;

/** Everybody comes back at once, each with a few messages missed; to the bare server, with none. */
export const storm = (name: string, compared: Comparison): Part => ({
  name,
  says: `${CONNECTIONS} devices connect at once, each has missed ${BACKLOG} messages (none at the bare server)`,
  run: () => {
    const persons = people(CONNECTIONS);
    const [friend] = people(1);
    const conversations = persons.map((person) => missing(person, friend, BACKLOG));
    const userIds = [friend, ...persons].flatMap((person) => person?.userId ?? []);
    return compared.over({ userIds, conversations }, async (targets) => {
      const subjects = await measured(targets, compared.rounds, (target) => round(target, persons));
      return outcome(name, subjects, compared.floor, [
        { key: "rate", unit: "/s", says: "connections a second, backlog included", higherIsBetter: true },
        { key: "cpu", unit: "µs", says: "server's CPU per connection" },
      ]);
    });
  },
});

async function round(target: Target, persons: Person[]) {
  const { server } = target;
  const all = persons.map((person) => target.as(person));
  const [cpu, began] = [server.cpuSeconds(), performance.now()];
  const clients = await connectAll(all, AT_ONCE);
  const rate = (CONNECTIONS / (performance.now() - began)) * 1000;
  const used = server.cpuSeconds() - cpu;
  for (const client of clients) client.drop();
  await wait(2000);
  return { rate, cpu: (used / CONNECTIONS) * 1e6 };
}
