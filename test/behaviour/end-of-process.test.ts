import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { endingInOrder } from "../../node/end-of-process.ts";
import { until } from "../cluster-node.ts";
import { ManualClock } from "../manual-clock.ts";

/** What a signal does to a process, without ending the one that tests. */
class Process extends EventEmitter {
  readonly exits: unknown[] = [];
  exit = ((code) => void this.exits.push(code)) as NodeJS.Process["exit"];
}

let clock: ManualClock;
let ending: Process;
let done: string[];
/** What the node's stopping waits for. */
let held: PromiseWithResolvers<void>;
let broker: ServiceBroker;

beforeEach(async () => {
  [clock, ending, done, held] = [new ManualClock(), new Process(), [], Promise.withResolvers<void>()];
  broker = new ServiceBroker(endingInOrder({ logger: false }, ending as unknown as NodeJS.Process, clock));
  const drain = () => void done.push("drained");
  const stopped = () => {
    done.push("stopped");
    return held.promise;
  };
  broker.createService({ name: "ops", actions: { drain }, stopped });
  await broker.start();
});
afterEach(async () => {
  held.resolve();
  await broker.stop();
});

describe("a process that is told to end", () => {
  test("drains, then stops, then exits with 0; a second signal changes nothing", async () => {
    ending.emit("SIGTERM");
    ending.emit("SIGINT");
    await until(() => done.includes("stopped"));
    expect(ending.exits).toEqual([]);
    held.resolve();
    await until(() => ending.exits.length > 0);
    expect([done, ending.exits]).toEqual([["drained", "stopped"], [0]]);
  });

  test("exits with 0 after 28 seconds, whatever is not finished by then", async () => {
    ending.emit("SIGTERM");
    await until(() => done.includes("stopped"));
    clock.turn(27_999);
    expect(ending.exits).toEqual([]);
    clock.turn(1);
    expect(ending.exits).toEqual([0]);
  });
});
