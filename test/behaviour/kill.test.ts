import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../cluster-node.ts";
import { EngineProcess } from "../engine-process.ts";
import { groupOf, type Json, newKey, type Person, signUp } from "../protocol/people.ts";
import { connectWebSocket, type Wire } from "../protocol/sockets.ts";

const KILLS = 20;
const SENDERS = 4;

let engine: EngineProcess;
beforeAll(async () => {
  engine = await EngineProcess.start();
}, 60_000);
afterAll(() => engine.remove());

interface Sent {
  senderId: string;
  clientMsgId: string;
  content: string;
  /** What the acknowledgement said; absent = unknown. */
  acked?: { seq: number; id: string };
}

/** Sends one message after another, three under way at a time, until the engine dies under it. */
async function sendUntilItDies(wire: Wire, person: Person, conversationId: string, history: Sent[]): Promise<void> {
  const unknown = history.filter((s) => s.senderId === person.id && !s.acked);
  let dead = false;
  void wire.closed.then(() => {
    dead = true;
  });
  const lane = async () => {
    while (!dead) {
      const again = unknown.shift();
      const message: Sent = again ?? {
        senderId: person.id,
        clientMsgId: newKey(),
        content: `from ${person.username} ${newKey()}`,
      };
      if (!again) history.push(message);
      const { clientMsgId, content } = message;
      const answer = await Promise.race([
        wire.request("message:send", { conversationId, clientMsgId, content }),
        wire.closed.then(() => null),
      ]);
      if (answer?.ok) message.acked = { seq: answer.data.seq, id: answer.data.id };
    }
  };
  await Promise.all([lane(), lane(), lane()]);
}

const acknowledged = (history: Sent[]) => history.filter(({ acked }) => acked).length;

async function allEntries(person: Person, conversationId: string): Promise<Json[]> {
  const entries: Json[] = [];
  for (;;) {
    const { body } = await person.call("GET", `/conversations/${conversationId}/entries?limit=200&after=${entries.length}`);
    if (body.items.length === 0) return entries;
    entries.push(...body.items);
  }
}

describe("an engine that is killed under load", () => {
  test(`has every acknowledged message once, in order and gapless, after ${KILLS} kills`, async () => {
    const people = await Promise.all(Array.from({ length: SENDERS }, () => signUp(engine)));
    const [ada, ...others] = people as [Person, ...Person[]];
    const conversationId = await groupOf(ada, ...others);
    const history: Sent[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const wires = await Promise.all(people.map((person) => connectWebSocket(engine, person)));
      const load = Promise.all(wires.map((wire, i) => sendUntilItDies(wire, people[i] as Person, conversationId, history)));
      // Every other time it dies in the midst of it at the earliest, however slow the machine is.
      const before = acknowledged(history);
      if (kill % 2) await until(() => acknowledged(history) > before);
      await wait(randomInt(20, 250));
      await engine.kill();
      await load;
      await engine.start();
    }
    const entries = await allEntries(ada, conversationId);
    expect(entries.map((e) => e.seq)).toEqual(entries.map((_, i) => i + 1));
    const byKey = Map.groupBy(
      entries.filter((e) => e.kind === "message"),
      (e) => `${e.senderId} ${e.clientMsgId}`,
    );
    expect([...byKey.values()].filter((same) => same.length > 1)).toEqual([]);
    const acked = history.filter((s) => s.acked);
    expect(acked.length).toBeGreaterThanOrEqual(KILLS / 2);
    const found = acked.map((s) => byKey.get(`${s.senderId} ${s.clientMsgId}`)?.[0]);
    expect(found.map((e) => e && { seq: e.seq, id: e.id, content: e.content })).toEqual(
      acked.map((s) => ({ ...s.acked, content: s.content })),
    );
    const known = new Set(history.map((s) => `${s.senderId} ${s.clientMsgId}`));
    expect([...byKey.keys()].filter((key) => !known.has(key))).toEqual([]);
  }, 240_000);
});
