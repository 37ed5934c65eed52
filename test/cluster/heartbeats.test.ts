import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { EngineProcess } from "../engine-process.ts";
import { describeWith } from "../servers/describe-with.ts";
import { NodeProcesses } from "./cluster.ts";
import { eventually } from "./eventually.ts";

describeWith("nats")("a node that is not heard", () => {
  let nodes: NodeProcesses;
  let node: EngineProcess;

  beforeAll(async () => {
    nodes = await NodeProcesses.start({ LOG_LEVEL: "warn" });
    await nodes.add("other", ["fanout"]);
    node = await nodes.add("node", ["router"]);
  }, 60_000);
  afterAll(() => nodes?.stop(), 30_000);

  test("is gone after six to eight seconds, and when it goes on does not take the others for gone", async () => {
    const id = nodes.idOf("node");
    const begin = performance.now();
    node.pause();
    await eventually(() => nodes.gone.includes(id));
    const silent = performance.now() - begin;
    expect(silent).toBeGreaterThan(4000);
    expect(silent).toBeLessThan(12_000);
    await wait(3000);
    node.resume();
    await nodes.acquainted();
    await wait(2000);
    expect(node.output).not.toContain("Heartbeat is not received");
    expect(nodes.idOf("node")).toBe(id);
  }, 40_000);

  test("is gone at once when it takes its leave", async () => {
    const id = nodes.idOf("other");
    await nodes.end("other");
    await eventually(() => nodes.gone.includes(id), 4000);
  });
});
