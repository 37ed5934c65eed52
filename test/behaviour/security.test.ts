import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../config.ts";
import { storesOf } from "../../stores/stores.ts";
import { startEngine, type TestEngine } from "../engine.ts";
import { EngineProcess } from "../engine-process.ts";
import { directBetween, type Json, type Person, say, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";

test("the data folder is its owner's alone", async () => {
  const parent = mkdtempSync(join(tmpdir(), "switchboard-test-"));
  const dataDir = join(parent, "data");
  const stores = storesOf(loadConfig({ DATA_DIR: dataDir }));
  await stores.messages();
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  await stores.close();
  rmSync(parent, { recursive: true });
});

test("each file that the engine makes is its owner's alone, whoever may look into the folder", async () => {
  const engine = await EngineProcess.start();
  // The accounts may be a copy that the test began with.
  const made = readdirSync(engine.dataDir).filter((name) => name !== "accounts");
  const modes = made.map((name) => [name, statSync(join(engine.dataDir, name)).mode & 0o077]);
  await engine.remove();
  expect(made).toEqual(expect.arrayContaining(["messages.sqlite", "secret"]));
  expect(modes.filter(([, others]) => others !== 0)).toEqual([]);
});

describe("a device that does not stop", () => {
  let engine: TestEngine;
  let ada: Person;
  beforeAll(async () => {
    engine = await startEngine({ RATE_LIMITS: "on", SENDS_PER_SECOND: "1", SEND_BURST: "2" });
    ada = await signUp(engine);
  }, 60_000);
  afterAll(() => engine.stop());

  const codesOf = (answers: Json[]) => new Set(answers.map(({ ok, error }) => (ok ? "ok" : error.code)));

  test.each([
    ["typing", (_: number, { conversationId }: Json) => ({ conversationId, state: "start" })],
    ["presence:set", (i: number) => ({ status: i % 2 ? "away" : "online" })],
    ["message:edit", (i: number, { id }: Json) => ({ id, content: `${i}` })],
    ["message:react", (i: number, { id }: Json) => ({ id, emoji: "👍", op: i % 2 ? "remove" : "add" })],
    ["message:pin", (i: number, { id }: Json) => ({ id, op: i % 2 ? "remove" : "add" })],
  ])("sending %s is told to wait", async (event, dataOf) => {
    const phone = await signUp(engine);
    const message = await say(phone, await directBetween(phone, ada), "hello");
    const wire = await online(connectWebSocket, engine, phone);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => wire.request(event, dataOf(i, message))));
    expect(codesOf(answers)).toEqual(new Set(["ok", "RATE_LIMITED"]));
  });
});
