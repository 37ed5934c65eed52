import { describe, expect, test } from "@jest/globals";
import type { Params, Returns } from "../../contracts/caller.ts";
import type { LoggedEntry, MemberEntry } from "../../contracts/entry.ts";
import type { DeliverFrame, GroupVersion } from "../../contracts/services/routing.ts";
import { message, noBacklog, Stage, type Tape } from "./session-stage.ts";

type Asked = Params<"conversations.present">;

/** The owner of group `c`, and what it was asked. */
class Owner {
  version = 1;
  readonly members = new Map<string, number>();
  readonly asked: Omit<Asked, "conversationId">[] = [];
  pageSize = 100;
  failing = false;

  constructor(...userIds: string[]) {
    for (const userId of userIds) this.members.set(userId, 1);
  }

  present({ from = 0, among }: Asked): Returns<"conversations.present"> {
    this.asked.push(among ? { among } : { from });
    if (this.failing) throw new Error("not now");
    const all = [...this.members];
    if (among) return { version: this.version, members: all.filter(([userId]) => among.includes(userId)) };
    const next = from + this.pageSize < all.length ? from + this.pageSize : undefined;
    return { version: this.version, members: all.slice(from, from + this.pageSize), next };
  }
}

function stageOf(owner: Owner): Stage {
  return new Stage({
    "conversations.present": (asked) => owner.present(asked),
    "conversations.heads": () => ({ c: 1 }),
    "offline.backlog": () => ({ ...noBacklog, heads: { c: 1 } }),
    "conversations.fill": ({ after, through }) => ({
      items: Array.from({ length: through - after }, (_, i) => ({ entry: message(after + 1 + i) })),
    }),
  });
}

function frame(entry: LoggedEntry, members: GroupVersion, to: string[] = []): DeliverFrame {
  return { event: "entry", json: JSON.stringify(entry), to, members, at: { conversationId: "c", seq: entry.seq } };
}

const said = (seq: number, version = 1) => frame(message(seq), { version });

function changed(seq: number, op: MemberEntry["op"], userIds: string[], before?: number): DeliverFrame {
  const { type: _type, content: _content, ...rest } = message(seq);
  return frame({ ...rest, kind: "member", op, userIds }, { version: seq, before }, op === "remove" ? userIds : []);
}

describe("frames for the members of a group that does not list them", () => {
  test("go to those who are here; their names are asked for once", async () => {
    const owner = new Owner("ada", "bob", "far");
    const stage = stageOf(owner);
    const [ada, bob, eve] = [await stage.live("ada"), await stage.live("bob"), await stage.live("eve")];
    stage.sessions.deliver([said(2), said(3)]);
    await stage.until(() => bob.tape.seqs().length === 2);
    stage.sessions.deliver([said(4)]);
    expect([ada, bob, eve].map(({ tape }) => tape.seqs())).toEqual([[2, 3, 4], [2, 3, 4], []]);
    expect(owner.asked).toEqual([{ from: 0 }]);
  });

  test("wait while the members are asked for, and keep their order", async () => {
    const owner = new Owner("ada");
    const stage = stageOf(owner);
    const { tape } = await stage.live("ada");
    stage.sessions.deliver([said(2)]);
    stage.sessions.deliver([said(3), said(4)]);
    expect(tape.seqs()).toEqual([]);
    await stage.until(() => tape.seqs().length === 3);
    expect(tape.seqs()).toEqual([2, 3, 4]);
  });

  test("follow who joins and who is removed, without asking again; who is removed is told so", async () => {
    const owner = new Owner("ada", "bob");
    const stage = stageOf(owner);
    const tapes: Tape[] = [];
    for (const who of ["ada", "bob", "cyd"]) tapes.push((await stage.live(who)).tape);
    stage.sessions.deliver([said(2)]);
    await stage.until(() => tapes[0]?.seqs().length === 1);
    stage.sessions.deliver([changed(3, "add", ["cyd"], 1), said(4, 3), changed(5, "remove", ["bob"], 3), said(6, 5)]);
    expect(tapes.map((tape) => tape.seqs())).toEqual([
      [2, 3, 4, 5, 6],
      [2, 3, 4, 5],
      [3, 4, 5, 6],
    ]);
    expect(owner.asked).toHaveLength(1);
  });

  test("ask again after a change of which this gateway did not hear, and give nobody what was said before", async () => {
    const owner = new Owner("ada", "bob");
    const stage = stageOf(owner);
    const [ada, bob, cyd] = [await stage.live("ada"), await stage.live("bob"), await stage.live("cyd")];
    stage.sessions.deliver([said(2)]);
    await stage.until(() => ada.tape.seqs().length === 1);
    owner.members.set("cyd", 5);
    owner.members.delete("bob");
    owner.version = 6;
    stage.sessions.deliver([said(3, 1), said(4, 4)]);
    await stage.until(() => ada.tape.seqs().includes(4));
    expect([ada, bob, cyd].map(({ tape }) => tape.seqs())).toEqual([[2, 3, 4], [2, 3], []]);
    stage.sessions.deliver([said(7, 6)]);
    await stage.until(() => cyd.tape.seqs().includes(7));
    expect(bob.tape.seqs()).toEqual([2, 3]);
    expect(owner.asked).toEqual([{ from: 0 }, { from: 0 }]);
  });

  test("reach a user who comes later: the owner is asked for that one alone", async () => {
    const owner = new Owner("ada", "bob");
    const stage = stageOf(owner);
    const ada = await stage.live("ada");
    stage.sessions.deliver([said(2)]);
    await stage.until(() => ada.tape.seqs().length === 1);
    const bob = await stage.live("bob");
    const eve = await stage.live("eve");
    stage.sessions.deliver([said(3), said(4)]);
    await stage.until(() => bob.tape.seqs().length === 2);
    expect([ada, bob, eve].map(({ tape }) => tape.seqs())).toEqual([[2, 3, 4], [3, 4], []]);
    expect(owner.asked).toEqual([{ from: 0 }, { among: ["bob", "eve"] }]);
  });

  test("wait for members that are read in parts", async () => {
    const owner = new Owner(...Array.from({ length: 250 }, (_, i) => `user${i}`));
    const stage = stageOf(owner);
    const { tape } = await stage.live("user249");
    stage.sessions.deliver([said(2)]);
    await stage.until(() => tape.seqs().length === 1);
    expect(owner.asked).toEqual([{ from: 0 }, { from: 100 }, { from: 200 }]);
  });

  test("wait out an owner that does not answer, up to a bound; what is beyond is missed", async () => {
    const owner = new Owner("ada");
    owner.failing = true;
    const stage = stageOf(owner);
    const { tape } = await stage.live("ada");
    stage.deliver(2, ["ada"]);
    for (let seq = 3; seq <= 301; seq++) stage.sessions.deliver([said(seq)]);
    await stage.turn(3000);
    expect(tape.seqs()).toEqual([2]);
    owner.failing = false;
    await stage.turn(1000);
    await stage.until(() => tape.seqs().at(-1) === 301);
    // A jump this long is left to sync.
    expect(tape.data("heads")).toEqual([{ c: 259 }]);
    expect(tape.seqs().slice(1)).toEqual(Array.from({ length: 42 }, (_, i) => 260 + i));
  });

  test("that were missed are fetched for the members who are here", async () => {
    const owner = new Owner("ada", "far");
    const stage = stageOf(owner);
    const { tape } = await stage.live("ada");
    stage.deliver(2, ["ada"]);
    stage.sessions.missed({ heads: [{ conversationId: "c", seq: 4, to: [], members: { version: 1 } }] });
    await stage.until(() => tape.seqs().length === 3);
    expect(tape.seqs()).toEqual([2, 3, 4]);
  });
});
