import { Pairs } from "../load/pairs.ts";
import { people } from "../load/people.ts";
import { targetsOf } from "../load/target.ts";
import { measured, outcome } from "../report/comparison.ts";
import { withEngine } from "../servers/targets.ts";
import type { Part } from "./part.ts";

const CLIENTS = 200;
const ROUNDS = 2;

/** What it costs on top that devices say what they have stored. */
export const receipts: Part = {
  name: "receipts",
  says: "chat over plain WebSocket, whose clients acknowledge every fifth entry",
  run: () => {
    const persons = people(CLIENTS);
    return withEngine({ userIds: persons.map(({ userId }) => userId) }, async (engine) => {
      const [target] = targetsOf(engine);
      const subjects = [{ name: "silent" }, { name: "acknowledging" }];
      const costs = await measured(subjects, ROUNDS, async ({ name }) => {
        const pairs = await Pairs.connect(target, persons);
        if (name === "acknowledging") pairs.acknowledge();
        const cost = await pairs.saturate(engine);
        await pairs.end();
        return cost;
      });
      return outcome("receipts", costs, "silent", [
        { key: "rate", unit: "/s", says: "delivered messages a second at saturation", higherIsBetter: true },
        { key: "cpu", unit: "µs", says: "server's CPU per delivered message" },
      ]);
    });
  },
};
