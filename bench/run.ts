import { parseArgs } from "node:util";
import { backlog } from "./parts/backlog.ts";
import { chat } from "./parts/chat.ts";
import { failover } from "./parts/failover.ts";
import { group } from "./parts/group.ts";
import { growth } from "./parts/growth.ts";
import { idle } from "./parts/idle.ts";
import { list } from "./parts/list.ts";
import { nodes } from "./parts/nodes.ts";
import type { Part } from "./parts/part.ts";
import { receipts } from "./parts/receipts.ts";
import { routes } from "./parts/routes.ts";
import { sessions } from "./parts/sessions.ts";
import { storm } from "./parts/storm.ts";
import { check } from "./report/check.ts";
import { writeDocument } from "./report/document.ts";
import { type Results, readResults, writeResults } from "./report/results.ts";
import { table } from "./report/table.ts";
import { oneNode } from "./servers/targets.ts";
import { twoGateways } from "./servers/two-gateways.ts";

const alone: Part[] = [
  chat("chat", oneNode),
  receipts,
  group("group", oneNode),
  idle,
  backlog,
  storm("storm", oneNode),
  list,
  growth,
  sessions,
  routes,
];
const clustered: Part[] = [
  chat("clusterChat", twoGateways),
  group("clusterGroup", twoGateways),
  storm("clusterStorm", twoGateways),
  failover,
  nodes,
];

const { values: options } = parseArgs({
  options: {
    /** Several nodes on real servers, instead of one. */
    cluster: { type: "boolean", default: false },
    /** Names of parts, comma separated. */
    only: { type: "string" },
    /** Compares with the committed results instead of replacing them. */
    check: { type: "boolean", default: false },
  },
});

const parts = options.cluster ? clustered : alone;
const chosen = options.only?.split(",") ?? parts.map(({ name }) => name);
const unknown = chosen.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length) throw new Error(`no such part: ${unknown.join(", ")}; there are ${parts.map(({ name }) => name).join(", ")}`);

const measured: Results = {};
for (const part of parts) {
  if (!chosen.includes(part.name)) continue;
  const began = performance.now();
  const outcome = await part.run();
  const command = `npm run bench -- ${options.cluster ? "--cluster " : ""}--only ${part.name}`;
  measured[part.name] = { says: part.says, command, ...outcome };
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`\n${part.name}: ${part.says} (${seconds} s)\n${table(outcome)}`);
  if (!options.check) keep({ ...readResults(), ...measured });
}
if (options.check) process.exitCode = check(measured, readResults()) ? 0 : 1;

/** In the order of the parts; what was measured of others once is dropped. */
function keep(results: Results): void {
  const told = [...alone, ...clustered].flatMap(({ name }) => (results[name] ? [[name, results[name]] as const] : []));
  writeResults(Object.fromEntries(told));
  writeDocument(readResults());
}
