import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Corks } from "../../services/gateway/transports/corks.ts";

/** Counts how many pieces each write to the system had. */
function stream(): { writable: Writable; writes: number[] } {
  const writes: number[] = [];
  const writable = new Writable({
    highWaterMark: 1_000_000,
    write(_chunk, _encoding, done) {
      writes.push(1);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.length);
      done();
    },
  });
  return { writable, writes };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

test("what is written in one turn of the event loop goes out as one", async () => {
  const corks = new Corks();
  const { writable, writes } = stream();
  const say = (text: string) => {
    corks.hold(writable);
    writable.write(text);
  };
  say("an answer");
  await Promise.resolve();
  say("what it led to");
  expect(writes).toEqual([]);
  await turns(1);
  expect(writes).toEqual([2]);
  say("later");
  await turns(1);
  expect(writes).toEqual([2, 1]);
});

test("so much is not held back that it looks like a socket that takes nothing", async () => {
  const corks = new Corks();
  const { writable } = stream();
  for (let i = 0; i < 100; i++) {
    corks.hold(writable);
    writable.write("x".repeat(20_000));
    expect(writable.writableLength).toBeLessThan(100_000);
  }
  await turns(1);
  expect(writable.writableLength).toBe(0);
});
