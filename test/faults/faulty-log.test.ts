import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { UnavailableError } from "../../contracts/errors.ts";
import { CommitRefused, CommitUnknown, type MessageLog } from "../../stores/message-log.ts";
import { temporaryStores } from "../contract/temporary-stores.ts";
import { seqs, startConversation, type TestConversation } from "../contract/test-conversation.ts";
import { type AppendFault, appendFaults, FaultyLog } from "./faulty-log.ts";

const all = { after: 0, limit: 100 };
const open = temporaryStores();
let log: MessageLog;
beforeEach(async () => {
  log = (await open()).log;
});
afterEach(() => log.close());

const always = (fault: AppendFault, seed = 1) => new FaultyLog(log, { seed, appends: { [fault]: 1 } });
const stored = async (c: TestConversation) => seqs(await log.entries(c.id, all));

describe("a faulty log", () => {
  test("without faults is the log itself", async () => {
    const faulty = new FaultyLog(log, { seed: 1 });
    const c = await startConversation(faulty, { messages: 3 });
    expect(await faulty.load(c.id)).toEqual(await log.load(c.id));
    expect(await stored(c)).toEqual([1, 2, 3]);
  });

  test.each<[AppendFault, typeof CommitRefused | typeof CommitUnknown, number[]]>([
    ["refused", CommitRefused, []],
    ["lost", CommitUnknown, []],
    ["unanswered", CommitUnknown, [1, 2, 3]],
  ])("%s", async (fault, error, expected) => {
    const c = await startConversation(log);
    await expect(always(fault).append(c.commit(c.messages(3)))).rejects.toThrow(error);
    expect(await stored(c)).toEqual(expected);
  });

  test("late: answers after it is stored", async () => {
    const c = await startConversation(log);
    await always("late").append(c.commit(c.messages(3)));
    expect(await stored(c)).toEqual([1, 2, 3]);
  });

  test("partial: stores every possible first part in the course of time, with derived rows only behind all of it", async () => {
    const parts = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const c = await startConversation(log);
      const rows = { record: c.record({ snapSeq: 2 }), members: [c.member("ann", { asOf: 2 })], views: [c.view(1)] };
      await expect(always("partial", seed).append(c.commit(c.messages(2), rows))).rejects.toThrow(CommitUnknown);
      const length = (await stored(c)).length;
      const derived = (await log.members(c.id)).length + (await log.views(c.id, [1])).length;
      expect((await log.load(c.id))?.record.snapSeq).toBe(0);
      parts.add(`${length} entries, ${derived} rows`);
    }
    expect([...parts].toSorted()).toEqual(["0 entries, 0 rows", "1 entries, 0 rows", "2 entries, 0 rows", "2 entries, 2 rows"]);
  });

  test("overtaken: stores after it rejected, unless another took the place", async () => {
    const [c, d] = [await startConversation(log), await startConversation(log)];
    let pass = () => {};
    const passed = new Promise<void>((resolve) => (pass = resolve));
    const faulty = new FaultyLog(log, { seed: 1, appends: { overtaken: 1 }, pause: () => passed });
    const late = [c.message({ content: "late" })];
    await expect(faulty.append(c.commit(late))).rejects.toThrow(CommitUnknown);
    await expect(faulty.append(d.commit([d.message({ seq: 1 })]))).rejects.toThrow(CommitUnknown);
    expect(await stored(c)).toEqual([]);
    const winner = d.message({ seq: 1 });
    await log.append(d.commit([winner]));
    pass();
    await faulty.heal();
    expect(await log.entries(c.id, all)).toEqual(late);
    expect(await log.entries(d.id, all)).toEqual([winner]);
  });

  test("does to reads only that they are not available", async () => {
    const c = await startConversation(log);
    const faulty = new FaultyLog(log, { seed: 1, reads: 1 });
    await expect(faulty.load(c.id)).rejects.toThrow(UnavailableError);
    await expect(faulty.ping()).rejects.toThrow(UnavailableError);
    await faulty.append(c.commit(c.messages(1)));
    await faulty.heal();
    expect(seqs(await faulty.entries(c.id, all))).toEqual([1]);
  });

  test("has about the faults that were asked for, the same for the same seed", async () => {
    const rates = Object.fromEntries(Object.values(appendFaults).map((fault) => [fault, 0.1]));
    const run = async () => {
      const faulty = new FaultyLog(log, { seed: 7, appends: rates });
      const c = await startConversation(log);
      for (let i = 0; i < 300; i++) {
        const next = ((await log.load(c.id))?.last.seq ?? 0) + 1;
        await faulty.append(c.commit([c.message({ seq: next })])).catch(() => {});
      }
      await faulty.heal();
      return faulty.count;
    };
    const count = await run();
    for (const fault of Object.values(appendFaults)) expect(count[fault]).toBeGreaterThan(10);
    expect(await run()).toEqual(count);
  });
});
