import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";
import { groupOf, type Json, type Person, say, signUp } from "../protocol/people.ts";
import { expectShape } from "../protocol/shapes.ts";
import { connectWebSocket, online, type Wire } from "../protocol/sockets.ts";

const MEMBERS = 70;

let engine: TestEngine;
let people: Person[];
beforeAll(async () => {
  engine = await startEngine();
  people = await Promise.all(Array.from({ length: MEMBERS }, () => signUp(engine)));
}, 60_000);
afterAll(() => engine.stop());

const receiptsAt = (wire: Wire): Json[] => wire.received.filter((f) => f.event === "receipt").map((f) => f.data);
const read = (person: Person, id: string, seq: number) => person.call("POST", `/conversations/${id}/read`, { seq });

describe("in a group above 64 members", () => {
  test("receipts come as counts, few of them, to the sender alone; details are still there", async () => {
    const [ada, bob, ...others] = people as [Person, Person, ...Person[]];
    const id = await groupOf(ada, bob, ...others);
    const [a, b] = [await online(connectWebSocket, engine, ada), await online(connectWebSocket, engine, bob)];
    const message = await say(ada, id, "to all");
    await b.next("entry", (e) => e.id === message.id);
    await Promise.all(others.map((person) => read(person, id, message.seq)));
    const total = MEMBERS - 1;
    const all = await a.next("receipt", (r) => r.read === total - 1);
    expectShape("receiptCounts", all);
    expect(all).toEqual({ conversationId: id, seq: message.seq, delivered: total - 1, read: total - 1, total });
    for (const receipt of receiptsAt(a)) expectShape("receiptCounts", receipt);
    expect(receiptsAt(a).length).toBeLessThan(others.length / 2);
    expect(receiptsAt(b)).toEqual([]);
    const { body } = await ada.call("GET", `/messages/${message.id}/receipts`);
    expect(body).toMatchObject({ delivered: total - 1, read: total - 1, total });
    expect(body.items).toHaveLength(total);
    expect(body.items.find((item: Json) => item.userId === bob.id)).toEqual({ userId: bob.id });
  });

  test("the reader's own devices are told how far it has read", async () => {
    const [ada, bob, ...others] = people as [Person, Person, ...Person[]];
    const id = await groupOf(ada, bob, ...others);
    const message = await say(ada, id, "x");
    const b = await online(connectWebSocket, engine, bob);
    await read(bob, id, message.seq);
    expect(await b.next("receipt", (r) => r.conversationId === id)).toMatchObject({ userId: bob.id, readSeq: message.seq });
  });

  test("every member gets every entry", async () => {
    const [ada, ...others] = people as [Person, ...Person[]];
    const id = await groupOf(ada, ...others);
    const wires = await Promise.all(others.slice(0, 30).map((person) => online(connectWebSocket, engine, person)));
    for (let i = 0; i < 5; i++) await say(ada, id, `${i}`);
    for (const wire of wires) {
      await wire.next("entry", (e) => e.conversationId === id && e.seq === 6);
      expect(wire.entries(id).map((e) => e.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    }
    const { body } = await ada.call("GET", `/groups/${id}/members?limit=200`);
    expect(body.items).toHaveLength(MEMBERS);
    expect((await ada.call("GET", `/groups/${id}/members`)).body.items).toHaveLength(50);
  });
});
