import { setTimeout as wait } from "node:timers/promises";
import { type ClientOptions, connectAll } from "../load/client.ts";
import { people } from "../load/people.ts";
import { engineTargets } from "../load/target.ts";
import { type Cluster, CORE, GATEWAY, withCluster } from "../servers/cluster.ts";
import { ServerGroup } from "../servers/server-group.ts";
import { missing } from "./backlog.ts";
import type { Figure, Part } from "./part.ts";

const DEVICES = 5000;
const MISSED = 2;
/** Messages that its device has, in each conversation. */
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
      const comingBack = persons.map((person) => other.as(person));
      return { figures: await withoutTheFirst(cluster, comingBack), ratios: {} };
    });
  },
};

/** Kills the first gateway, and connects these to what is left. */
async function withoutTheFirst({ gateways: [first], servers, infrastructure }: Cluster, all: ClientOptions[]): Promise<Figure[]> {
  const left = new ServerGroup(servers.filter((server) => server !== first));
  const [{ packets }, cpuSeconds] = [await infrastructure.traffic(), left.cpuSeconds()];
  await first?.kill();
  const began = performance.now();
  const clients = await connectAll(all, AT_ONCE);
  const seconds = (performance.now() - began) / 1000;
  const cpu = ((left.cpuSeconds() - cpuSeconds) / DEVICES) * 1e6;
  const sent = ((await infrastructure.traffic()).packets - packets) / DEVICES;
  for (const client of clients) client.drop();
  return [
    figure("all", "s", "until the last is synced", seconds),
    figure("cpu", "µs", "CPU of the nodes that are left, per device", cpu),
    figure("packets", "", "packets over NATS, in and out, per device", sent),
  ];
}

const figure = (name: string, unit: string, says: string, webSocket: number): Figure => ({
  name: `failover.${name}`,
  unit,
  says,
  values: { webSocket },
});
