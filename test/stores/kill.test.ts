import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { MessageLog } from "../../stores/message-log.ts";
import { openMessageStore } from "../../stores/message-store.sqlite.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const KILLS = 20;
const program = fileURLToPath(new URL("./append-forever.ts", import.meta.url));

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder.remove());

/** Runs the program until it acknowledged so many entries, kills it, and answers all that it acknowledged. */
async function appendUntilKilled(entries: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, folder.file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const acknowledged: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(line);
    if (acknowledged.length === entries) child.kill("SIGKILL");
  }
  expect(await ended).toEqual([null, "SIGKILL"]);
  return acknowledged;
}

/** Every entry of a log that is found to be gapless and in order, as the program prints it. */
async function gaplessLog(log: MessageLog, conversationId: string): Promise<string[]> {
  const entries = await log.entries(conversationId, { after: 0, limit: 1_000_000 });
  expect(entries.map(({ entry }) => entry.seq)).toEqual(entries.map((_, i) => i + 1));
  expect((await log.load(conversationId))?.last.seq ?? 0).toBe(entries.length);
  return entries.map(({ entry }) => `${conversationId} ${entry.seq} ${entry.id}`);
}

test(`what was acknowledged is there once, in order and without a gap, after each of ${KILLS} kills`, async () => {
  const acknowledged: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    acknowledged.push(...(await appendUntilKilled(randomInt(1, 400))));
    const { log } = await openMessageStore(folder.file);
    const logs = await Promise.all(Array.from({ length: 10 }, (_, i) => gaplessLog(log, `conversation-${i}`)));
    await log.close();
    const stored = logs.flat();
    const once = new Set(stored);
    expect(once.size).toBe(stored.length);
    expect(acknowledged.filter((line) => !once.has(line))).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS);
}, 120_000);
