import { beforeEach, expect, test } from "@jest/globals";
import type { Caller, Params } from "../../contracts/caller.ts";
import { UnavailableError } from "../../contracts/errors.ts";
import { MissedRevocations } from "../../services/gateway/sessions/missed-revocations.ts";
import { ManualClock } from "../manual-clock.ts";

const phone = { userId: "ada", deviceId: "phone", revokedAt: 1 };

let clock: ManualClock;
let missed: MissedRevocations;
let asked: Params<"auth.revokedSince">[];
let ended: unknown[];
let isThere: boolean;

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  ended = [];
  isThere = true;
  const call = async (_name: string, params: Params<"auth.revokedSince">) => {
    asked.push(params);
    if (!isThere) throw new UnavailableError();
    return { devices: [phone] };
  };
  missed = new MissedRevocations({ call } as unknown as Caller, clock, (device) => void ended.push(device));
  missed.start();
});

async function turn(ms: number): Promise<void> {
  clock.turn(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

test("a gateway that was never cut off asks nobody", async () => {
  await turn(60_000);
  expect(asked).toEqual([]);
});

test("one that was asks once it is back, from well before it was cut off, and ends the devices it is told of", async () => {
  const at = clock.now();
  missed.cutOff();
  await turn(5000);
  expect(asked).toEqual([]);
  missed.reconnected();
  await turn(1000);
  await turn(60_000);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.since).toBeLessThan(at - 60_000);
  expect(ended).toEqual([phone]);
});

test("it asks until it is answered", async () => {
  isThere = false;
  missed.cutOff();
  missed.reconnected();
  for (let i = 0; i < 3; i++) await turn(1000);
  expect(asked).toHaveLength(3);
  isThere = true;
  await turn(1000);
  expect([asked.length, ended]).toEqual([4, [phone]]);
});

test("it asks nobody any more when it stops", async () => {
  missed.cutOff();
  missed.reconnected();
  missed.stop();
  await turn(60_000);
  expect(asked).toEqual([]);
});
