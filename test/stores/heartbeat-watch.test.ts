import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MongoClient, ServerHeartbeatFailedEvent, ServerHeartbeatStartedEvent, ServerHeartbeatSucceededEvent } from "mongodb";
import { HeartbeatWatch } from "../../stores/mongo/heartbeat-watch.ts";
import { ManualClock } from "../manual-clock.ts";

const LIMIT_MS = 4000;
const [a, b] = ["127.0.0.1:1", "127.0.0.1:2"];

describe("a watch over heartbeats", () => {
  let silent: number;
  let clock: ManualClock;
  let client: MongoClient;
  let watch: HeartbeatWatch;
  beforeEach(() => {
    silent = 0;
    clock = new ManualClock();
    client = new MongoClient(`mongodb://${a}`);
    watch = new HeartbeatWatch(client, clock, LIMIT_MS, () => silent++);
  });
  afterEach(() => watch.stop());

  const starts = (address: string, awaited = false) =>
    client.emit("serverHeartbeatStarted", Object.assign(new ServerHeartbeatStartedEvent(), { connectionId: address, awaited }));

  test("tells of one that neither succeeds nor fails", () => {
    starts(a);
    clock.turn(LIMIT_MS - 1);
    expect(silent).toBe(0);
    clock.turn(1);
    expect(silent).toBe(1);
  });

  test("gives one that the server may hold back the time to do so", () => {
    starts(a, true);
    clock.turn(10_000 + LIMIT_MS - 1);
    expect(silent).toBe(0);
    clock.turn(1);
    expect(silent).toBe(1);
  });

  test("says nothing of those that succeed, fail, or are begun again, whatever other servers do", () => {
    starts(a);
    client.emit("serverHeartbeatSucceeded", Object.assign(new ServerHeartbeatSucceededEvent(), { connectionId: a }));
    starts(b);
    client.emit("serverHeartbeatFailed", Object.assign(new ServerHeartbeatFailedEvent(), { connectionId: b }));
    for (let i = 0; i < 5; i++) {
      starts(b);
      clock.turn(LIMIT_MS - 1);
    }
    expect(silent).toBe(0);
  });

  test("says nothing once it is stopped", () => {
    starts(a);
    watch.stop();
    clock.turn(LIMIT_MS);
    expect(silent).toBe(0);
  });
});
