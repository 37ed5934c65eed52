import { setTimeout as wait } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { connectAll } from "../load/client.ts";
import { Crowd } from "../load/crowd.ts";
import { Pairs } from "../load/pairs.ts";
import { people } from "../load/people.ts";
import { percentile } from "../load/statistics.ts";
import { engineTargets } from "../load/target.ts";
import { ALL, type Cluster, CORE, GATEWAY, withCluster } from "../servers/cluster.ts";
import type { Part } from "./part.ts";

const CLIENTS = 200;
const NODES = [1, 2, 4];
const MEMBERS = [10, 100, 1000];
const MESSAGES = 50;
const SETTLE_MS = 2000;

/** How the cost of a message grows with the number of nodes, and with the number of those who get it. */
export const nodes: Part = {
  name: "nodes",
  says: `${CLIENTS} clients in pairs on 1, 2 and 4 nodes; groups of 10, 100 and 1,000 on 2 gateways and 2 cores`,
  async run() {
    const perNode: Record<string, number> = {};
    for (const count of NODES) perNode[count] = await chatOn(count);
    const { cpu, last } = await groupsOf(MEMBERS);
    const figures = [
      { name: "nodes.cpu", unit: "µs", says: "servers' CPU per delivered message at saturation, by nodes", values: perNode },
      { name: "nodes.groupCpu", unit: "µs", says: "servers' CPU per delivered message, by members", values: cpu },
      { name: "nodes.groupLast", unit: "ms", says: "send to the last member's receipt: p50, by members", values: last },
    ];
    const ratios = Object.fromEntries(NODES.slice(1).map((n) => [`nodes.cpu.${n}`, (perNode[n] ?? 0) / (perNode[1] ?? 0)]));
    return { figures, ratios };
  },
};

function chatOn(count: number): Promise<number> {
  const persons = people(CLIENTS);
  const roles = Array.from({ length: count }, () => ALL);
  return withCluster({ userIds: persons.map(({ userId }) => userId) }, roles, async (cluster) => {
    const [target] = targetsOn(cluster);
    const pairs = await Pairs.connect(target, persons);
    const { cpu } = await pairs.saturate(cluster);
    await pairs.end();
    return cpu;
  });
}

function groupsOf(sizes: number[]): Promise<Record<"cpu" | "last", Record<string, number>>> {
  const groups = sizes.map((size) => ({ id: uuidv7(), members: people(size) }));
  const conversations = groups.map(({ id, members }) => {
    return { id, type: "group" as const, memberIds: members.map(({ userId }) => userId), messages: 0 };
  });
  const userIds = conversations.flatMap(({ memberIds }) => memberIds);
  return withCluster({ userIds, conversations }, [CORE, CORE, GATEWAY, GATEWAY], async (cluster) => {
    const [target] = targetsOn(cluster);
    const [cpu, last]: Record<string, number>[] = [{}, {}];
    for (const { id, members } of groups) {
      const clients = await connectAll(members.map((member) => target.as(member)));
      const crowd = new Crowd(clients, `"conversationId":"${id}"`);
      await wait(SETTLE_MS);
      const before = cluster.cpuSeconds();
      const times = await crowd.say(MESSAGES);
      const used = cluster.cpuSeconds() - before;
      await crowd.end();
      Object.assign(cpu ?? {}, { [members.length]: (used / (MESSAGES * (members.length - 1))) * 1e6 });
      Object.assign(last ?? {}, { [members.length]: percentile(times, 0.5) });
    }
    return { cpu: cpu ?? {}, last: last ?? {} };
  });
}

const targetsOn = (cluster: Cluster) =>
  engineTargets(
    cluster,
    cluster.gateways.map(({ url }) => url),
  );
