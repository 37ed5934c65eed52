import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { callerOf, type Events, type Params } from "../../contracts/caller.ts";
import type { Backlog } from "../../contracts/services/offline.ts";
import { offlineService } from "../../services/offline/offline.service.ts";
import { Undelivered } from "../../services/offline/undelivered.ts";
import { ManualClock } from "../manual-clock.ts";

type Told = Events["offline.undelivered"];

describe("what could not be delivered", () => {
  let clock: ManualClock;
  let told: Told[];
  let undelivered: Undelivered;
  const add = (seq: number, userIds: string[], conversationId = "c") => undelivered.add({ conversationId, seq, userIds });

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    undelivered = new Undelivered(clock, (waiting) => told.push(waiting));
  });

  test("is told once a second, a user and conversation at a time", () => {
    add(1, ["ann", "bob"]);
    add(2, ["ann"]);
    add(7, ["ann"], "other");
    clock.turn(999);
    expect(told).toEqual([]);
    clock.turn(1);
    expect(told).toEqual([
      { userId: "ann", conversationId: "c", lastSeq: 2, messages: 2 },
      { userId: "bob", conversationId: "c", lastSeq: 1, messages: 1 },
      { userId: "ann", conversationId: "other", lastSeq: 7, messages: 1 },
    ]);
    clock.turn(10_000);
    expect(told).toHaveLength(3);
    add(3, ["ann"]);
    clock.turn(1000);
    expect(told[3]).toEqual({ userId: "ann", conversationId: "c", lastSeq: 3, messages: 1 });
  });

  test("counts a message once, though it was fanned out again", () => {
    for (const seq of [1, 2, 1, 2]) add(seq, ["ann"]);
    clock.turn(1000);
    expect(told).toEqual([{ userId: "ann", conversationId: "c", lastSeq: 2, messages: 2 }]);
  });

  test("is told earlier rather than kept without bound", () => {
    add(
      1,
      Array.from({ length: 25_000 }, (_, i) => `u${i}`),
    );
    expect(told).toHaveLength(20_000);
    clock.turn(1000);
    expect(new Set(told.map(({ userId }) => userId)).size).toBe(25_000);
  });

  test("is told when the service stops", () => {
    add(1, ["ann"]);
    undelivered.close();
    expect(told).toHaveLength(1);
    clock.turn(1000);
    expect(told).toHaveLength(1);
  });
});

describe("the offline service", () => {
  let broker: ServiceBroker;
  let clock: ManualClock;
  let told: Told[];
  let asked: unknown[];
  const answer: Backlog = {
    entries: [],
    conversations: [],
    changes: [],
    resets: [],
    cursor: "c",
    more: false,
    heads: {},
    changeSeq: 0,
  };

  beforeEach(async () => {
    broker = new ServiceBroker({ logger: false });
    clock = new ManualClock();
    told = [];
    asked = [];
    broker.createService(offlineService({ clock, caller: callerOf(broker) }));
    broker.createService({
      name: "conversations",
      actions: {
        backlog({ params }: { params: unknown }) {
          asked.push(params);
          return answer;
        },
      },
    });
    broker.createService({
      name: "listener",
      events: { "offline.undelivered": ({ params }: { params: Told }) => void told.push(params) },
    });
    await broker.start();
  });
  afterEach(() => broker.stop());

  test("tells of messages that wait", async () => {
    for (const seq of [1, 2]) await callerOf(broker).call("offline.note", { conversationId: "c", seq, userIds: ["ann"] });
    clock.turn(1000);
    expect(told).toEqual([{ userId: "ann", conversationId: "c", lastSeq: 2, messages: 2 }]);
  });

  test("answers the backlog as `conversations` reads it", async () => {
    const params: Params<"offline.backlog"> = { viewer: { userId: "ann", deviceId: "phone" }, limit: 1000 };
    expect(await callerOf(broker).call("offline.backlog", params)).toEqual(answer);
    expect(asked).toEqual([params]);
  });
});
