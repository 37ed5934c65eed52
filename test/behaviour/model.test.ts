import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, groupOf, type Json, newKey, type Person, signIn, signUp } from "../protocol/people.ts";
import { ModelDevice } from "./model-device.ts";

/**
 * Random interleavings over several devices of three people, in a group and a direct conversation. When it is
 * quiet, each device, made of its old state plus events, must equal a fresh read of the server; and each
 * acknowledged send must be there once.
 */
const PEOPLE = 3;
const DEVICES_EACH = 2;
const DEVICES = PEOPLE * DEVICES_EACH;

type Step =
  | { do: "send"; device: number; where: "group" | "direct"; text: string }
  | { do: "retry"; device: number }
  | { do: "edit" | "delete" | "hide" | "react" | "unreact" | "pin"; device: number; pick: number }
  | { do: "add" | "remove"; who: number }
  | { do: "leave"; device: number }
  | { do: "disconnect" | "reconnect" | "sync" | "delivered"; device: number };

const device = fc.nat(DEVICES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      device,
      where: fc.constantFrom("group" as const, "direct" as const),
      text: fc.string({ minLength: 1, maxLength: 8, unit: "grapheme-ascii" }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retry" as const), device }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "edit" as const,
        "delete" as const,
        "hide" as const,
        "react" as const,
        "unreact" as const,
        "pin" as const,
      ),
      device,
      pick: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("add" as const, "remove" as const),
      who: fc.integer({ min: 1, max: PEOPLE - 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), device }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("disconnect" as const, "reconnect" as const, "sync" as const, "delivered" as const),
      device,
    }),
  },
);

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
}, 60_000);
afterAll(() => engine.stop());

class World {
  readonly people: Person[];
  readonly devices: ModelDevice[];
  readonly group: string;
  readonly direct: string;
  readonly acked: { conversationId: string; clientMsgId: string; seq: number; senderId: string }[] = [];
  #messages: { id: string; conversationId: string }[] = [];
  #lastSend = new Map<number, Json>();

  private constructor(people: Person[], devices: ModelDevice[], group: string, direct: string) {
    this.people = people;
    this.devices = devices;
    this.group = group;
    this.direct = direct;
  }

  static async begin(): Promise<World> {
    const first = await Promise.all(Array.from({ length: PEOPLE }, () => signUp(engine)));
    const second = await Promise.all(first.map((p) => signIn(engine, p.username, p.password)));
    const [ada, bob, carol] = first as [Person, Person, Person];
    const group = await groupOf(ada, bob, carol);
    const direct = await directBetween(ada, bob);
    const devices = first.flatMap((p, i) => [new ModelDevice(engine, p), new ModelDevice(engine, second[i] as Person)]);
    return new World(first, devices, group, direct);
  }

  async run(step: Step): Promise<void> {
    const device = "device" in step ? (this.devices[step.device] as ModelDevice) : undefined;
    if ("pick" in step && device) return this.#change(step.do, device, step.pick);
    switch (step.do) {
      case "send":
        return this.#send(step.device, {
          conversationId: step.where === "group" ? this.group : this.direct,
          clientMsgId: newKey(),
          content: step.text,
        });
      case "retry":
        return this.#send(step.device, this.#lastSend.get(step.device));
      case "add":
        return void (await this.people[0]?.call("POST", `/groups/${this.group}/members`, {
          userIds: [this.people[step.who]?.id],
        }));
      case "remove":
        return void (await this.people[0]?.call("DELETE", `/groups/${this.group}/members/${this.people[step.who]?.id}`));
      case "leave":
        return void (await device?.person.call("DELETE", `/groups/${this.group}/members/me`));
      case "disconnect":
        return device?.disconnect();
      case "reconnect":
        return device?.connect();
      case "sync":
        return device?.catchUp();
      case "delivered":
        return void (await device?.request("receipt:delivered", {
          conversationId: this.group,
          seq: device.held(this.group).at(-1)?.seq ?? 0,
        }));
    }
  }

  async #send(index: number, message: Json): Promise<void> {
    const device = this.devices[index] as ModelDevice;
    if (!device.connected || !message) return;
    this.#lastSend.set(index, message);
    const answer = await device.request("message:send", message);
    if (typeof answer === "string") return;
    this.acked.push({
      conversationId: answer.conversationId,
      clientMsgId: answer.clientMsgId,
      seq: answer.seq,
      senderId: answer.senderId,
    });
    this.#messages.push({ id: answer.id, conversationId: answer.conversationId });
  }

  async #change(what: Step["do"], device: ModelDevice, pick: number): Promise<void> {
    const message = this.#messages[pick % (this.#messages.length || 1)];
    if (!message || !device.connected) return;
    const { id } = message;
    if (what === "edit") await device.request("message:edit", { id, content: `edit ${newKey()}` });
    if (what === "delete") await device.request("message:delete", { id, for: "everyone" });
    if (what === "hide") await device.request("message:delete", { id, for: "me" });
    if (what === "react" || what === "unreact")
      await device.request("message:react", { id, emoji: "👍", op: what === "react" ? "add" : "remove" });
    if (what === "pin") await device.request("message:pin", { id, op: "add" });
  }

  async judge(): Promise<void> {
    for (const device of this.devices) await device.catchUp();
    for (const device of this.devices) {
      for (const conversationId of [this.group, this.direct]) {
        const fresh = await freshRead(device.person, conversationId);
        const unheard = deletedUnheard(fresh);
        const bare = (e: Json) => (unheard.has(e.id) || unheard.has(e.target) ? { seq: e.seq, id: e.id, kind: e.kind } : e);
        expect(device.held(conversationId).map(bare)).toEqual(fresh.map(bare));
      }
    }
    for (const send of this.acked) {
      const entries = await freshRead(this.people[0] as Person, send.conversationId);
      expect(
        entries
          .filter((e) => e.clientMsgId === send.clientMsgId || (e.kind === "hidden" && e.seq === send.seq))
          .map((e) => e.seq),
      ).toEqual([send.seq]);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.devices.map((d) => d.disconnect()));
  }
}

/** Messages whose deletion this viewer was not told of: it came after the viewer had left, and only emptied them. */
function deletedUnheard(entries: Json[]): Set<string> {
  const told = new Set(entries.flatMap((e) => (e.kind === "delete" ? [e.target] : [])));
  return new Set(entries.flatMap((e) => (e.deletedAt && !told.has(e.id) ? [e.id] : [])));
}

/** All that this person may see, one item a seq. */
async function freshRead(person: Person, conversationId: string): Promise<Json[]> {
  const { status, body } = await person.call("GET", `/conversations/${conversationId}/entries?limit=200`);
  if (status === 404) return [];
  return body.items.flatMap((e: Json) =>
    e.kind === "hidden"
      ? Array.from({ length: e.through - e.seq + 1 }, (_, i) => ({ conversationId, seq: e.seq + i, kind: "hidden" }))
      : [e],
  );
}

describe("whatever the interleaving", () => {
  test("every device ends with what the server has, and every acknowledged message is there once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), fc.nat(4), async (steps, overlap) => {
        const world = await World.begin();
        await Promise.all(world.devices.filter((_, i) => i % 2 === 0).map((d) => d.connect()));
        // Some steps run at the same time: `overlap` + 1 of them.
        for (let i = 0; i < steps.length; i += overlap + 1) {
          await Promise.all(steps.slice(i, i + overlap + 1).map((s) => world.run(s)));
        }
        await world.judge();
        await world.end();
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 240_000);
});
