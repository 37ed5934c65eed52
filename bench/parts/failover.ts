import { setTimeout as wait } from "node:timers/promises";
import { connectAll } from "../load/client.ts";
import { people } from "../load/people.ts";
import { engineTargets } from "../load/target.ts";
import { CORE, GATEWAY, withCluster } from "../servers/cluster.ts";
import { missing } from "./backlog.ts";
import type { Part } from "./part.ts";

const DEVICES = 5000;
const MISSED = 2;
/** Of what its device has, in each conversation: little, as the wire server looks through all of a log where MongoDB begins at its end. */
const HELD = 1;
const AT_ONCE = 200;
const SETTLE_MS = 3000;

/** A gateway is killed, and all who were on it, each on a device that has been here before, come to the other one at once. */
export const failover: Part = {
  name: "failover",
  says: `${DEVICES} devices go to another gateway when theirs is killed, each has missed ${MISSED} messages`,
  run() {
    const persons = people(DEVICES);
    const [friend] = people(1);
    const conversations = persons.map((person) => missing(person, friend, MISSED, HELD));
    return withCluster({ conversations }, [CORE, CORE, GATEWAY, GATEWAY], async (cluster) => {
      const [dying, other] = cluster.gateways.map((gateway) => engineTargets(cluster, [gateway.url])[0]);
      if (!dying || !other) throw new Error("two gateways are needed");
      await connectAll(
        persons.map((person) => dying.as(person)),
        AT_ONCE,
      );
      await wait(SETTLE_MS);
      await cluster.gateways[0]?.kill();
      const began = performance.now();
      const clients = await connectAll(
        persons.map((person) => other.as(person)),
        AT_ONCE,
      );
      const seconds = (performance.now() - began) / 1000;
      for (const client of clients) client.drop();
      return {
        figures: [{ name: "failover.all", unit: "s", says: "until the last is synced", values: { webSocket: seconds } }],
        ratios: {},
      };
    });
  },
};
