import { describe, expect, test } from "@jest/globals";
import { UnavailableError } from "../../contracts/errors.ts";
import type { ServerEvent } from "../../contracts/socket-events.ts";
import { textFrame } from "../../services/gateway/transports/text-frame.ts";
import { message, messages, noBacklog, Stage, Tape } from "./session-stage.ts";

const signal = (event: ServerEvent, data: object, to: string[], rest: object = {}) => ({
  event,
  json: JSON.stringify(data),
  to,
  ...rest,
});

describe("a frame", () => {
  test("goes to every socket of every user it is for, and to nobody else", async () => {
    const stage = new Stage();
    const tapes: Tape[] = [];
    for (const who of ["ada", "bob", "bob", "bob/tablet", "eve"]) tapes.push((await stage.live(who)).tape);
    stage.deliver(1, ["ada", "bob", "nobody"]);
    expect(tapes.map((tape) => tape.seqs())).toEqual([[1], [1], [1], [1], []]);
  });

  test("passes by the session that sent it, which hears of it by heads", async () => {
    const stage = new Stage();
    const [a, b] = [await stage.live("ada"), await stage.live("ada")];
    stage.deliver(1, ["ada"], { exceptSession: a.session.id });
    await stage.turn(25_000);
    expect([a.tape.seqs(), b.tape.seqs()]).toEqual([[], [1]]);
    expect(a.tape.data("heads")).toEqual([{ c: 1 }]);
  });

  test("can leave out a device, or be for one session alone", async () => {
    const stage = new Stage();
    const [a, b] = [await stage.live("ada"), await stage.live("ada/tablet")];
    const change = { op: "contact", userId: "eve" };
    const presence = { userId: "bob", status: "away" };
    stage.sessions.deliver([
      signal("change", change, ["ada"], { exceptDevice: "tablet" }),
      signal("presence", presence, ["ada"], { onlySession: b.session.id }),
    ]);
    expect([a.tape.data("change"), b.tape.data("change")]).toEqual([[change], []]);
    expect([a.tape.data("presence"), b.tape.data("presence")]).toEqual([[], [presence]]);
  });

  test("for many users is not held back, unless others come with it", async () => {
    const stage = new Stage();
    const atOnce: boolean[] = [];
    class Wire extends Tape {
      override send(frame: Parameters<Tape["send"]>[0], sent?: () => void): void {
        if (frame.event === "entry") atOnce.push(frame.atOnce);
        super.send(frame, sent);
      }
    }
    await stage.live("ada", new Wire());
    const crowd = ["ada", ...Array.from({ length: 63 }, (_, i) => `user-${i}`)];
    const entry = (seq: number) => signal("entry", message(seq), crowd, { at: { conversationId: "c", seq } });
    stage.deliver(1, crowd);
    stage.deliver(2, crowd.slice(0, 63));
    stage.sessions.deliver([entry(3), entry(4)]);
    expect(atOnce).toEqual([true, false, false, false]);
  });

  test("is encoded once, however many sockets it goes to", async () => {
    const stage = new Stage();
    const texts: unknown[] = [];
    class Wire extends Tape {
      override send(frame: Parameters<Tape["send"]>[0], sent?: () => void): void {
        texts.push(frame.webSocket);
        super.send(frame, sent);
      }
    }
    for (let i = 0; i < 3; i++) await stage.live("ada", new Wire());
    texts.length = 0;
    stage.deliver(1, ["ada"]);
    expect(texts).toHaveLength(3);
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toEqual(textFrame(JSON.stringify({ event: "entry", data: message(1) })));
  });
});

describe("a jump in a conversation", () => {
  const filled = () => ({ items: [{ entry: message(2), hiddenFor: ["eve"] }, { entry: message(3) }] });

  test("is filled once a gateway, for those who may see it, while the rest waits", async () => {
    const stage = new Stage({ "conversations.fill": filled });
    const tapes: Tape[] = [];
    for (const who of ["ada", "bob", "eve"]) tapes.push((await stage.live(who)).tape);
    for (const seq of [1, 4, 5]) stage.deliver(seq, ["ada", "bob", "eve"]);
    expect(tapes.map((tape) => tape.seqs())).toEqual([[1], [1], [1]]);
    await stage.until(() => tapes[0]?.seqs().at(-1) === 5);
    stage.deliver(3, ["ada", "bob", "eve"]);
    expect(tapes.map((tape) => tape.seqs())).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
      [1, 3, 4, 5],
    ]);
    expect(stage.asked.filter(({ name }) => name === "conversations.fill")).toMatchObject([
      { params: { conversationId: "c", after: 1, through: 3 } },
    ]);
  });

  test("is filled by another node when the first one does not answer", async () => {
    let attempts = 0;
    const stage = new Stage({
      "conversations.fill": () => {
        if (++attempts === 1) throw new UnavailableError();
        return filled();
      },
    });
    const { tape } = await stage.live("ada");
    for (const seq of [1, 4]) stage.deliver(seq, ["ada"]);
    await stage.until(() => tape.seqs().at(-1) === 4);
    expect(tape.seqs()).toEqual([1, 2, 3, 4]);
  });

  test("that nobody can fill now is left to sync", async () => {
    const stage = new Stage({
      "conversations.fill": () => {
        throw new UnavailableError();
      },
    });
    const { tape } = await stage.live("ada");
    for (const seq of [1, 4]) stage.deliver(seq, ["ada"]);
    await stage.until(() => tape.seqs().length === 2);
    expect(tape.seqs()).toEqual([1, 4]);
  });

  test("does not hold up other conversations and signals", async () => {
    const stage = new Stage({ "conversations.fill": () => new Promise(() => {}) });
    const { tape } = await stage.live("ada");
    for (const seq of [1, 4]) stage.deliver(seq, ["ada"]);
    const other = { conversationId: "d", seq: 9 };
    stage.sessions.deliver([
      { event: "entry", json: JSON.stringify(message(9, "d")), to: ["ada"], at: other },
      signal("typing", { conversationId: "c", userId: "bob", state: "start" }, ["ada"]),
    ]);
    expect([tape.seqs("c"), tape.seqs("d"), tape.data("typing").length]).toEqual([[1], [9], 1]);
  });
});

describe("frames that were not heard to arrive", () => {
  const missed = (seq: number, to: string[]) => ({ heads: [{ conversationId: "c", seq, to }] });
  const log = ({ after, through }: { after: number; through: number }) => ({
    items: messages(after + 1, through).map((entry) => ({ entry, hiddenFor: entry.seq === 3 ? ["eve"] : undefined })),
  });

  test("are fetched once a gateway, for those who may see them, and what comes meanwhile waits", async () => {
    const stage = new Stage({ "conversations.fill": log });
    const tapes = [(await stage.live("ada")).tape, (await stage.live("eve")).tape];
    stage.deliver(1, ["ada", "eve"]);
    stage.sessions.missed(missed(3, ["ada", "eve"]));
    stage.deliver(4, ["ada", "eve"]);
    await stage.until(() => tapes[0]?.seqs().at(-1) === 4);
    expect(tapes.map((tape) => tape.seqs())).toEqual([
      [1, 2, 3, 4],
      [1, 2, 4],
    ]);
    expect(stage.asked.filter(({ name }) => name === "conversations.fill")).toHaveLength(1);
  });

  test("are nothing to fetch if they did arrive", async () => {
    const stage = new Stage({ "conversations.fill": log });
    const { tape } = await stage.live("ada");
    for (const seq of [1, 2]) stage.deliver(seq, ["ada"]);
    stage.sessions.missed(missed(2, ["ada"]));
    await stage.turn(1000);
    expect([tape.seqs(), tape.data("heads")]).toEqual([[1, 2], []]);
    expect(stage.asked.some(({ name }) => name === "conversations.fill")).toBe(false);
  });

  test("of conversations that this gateway does not remember are told of by heads, at once", async () => {
    const stage = new Stage();
    const [ada, eve] = [await stage.live("ada"), await stage.live("eve")];
    const d = { conversationId: "d", seq: 2, to: ["ada"] };
    stage.sessions.missed({ heads: [...missed(7, ["ada", "bob"]).heads, d] });
    expect([ada.tape.data("heads"), eve.tape.data("heads")]).toEqual([[{ c: 7, d: 2 }], []]);
  });

  test("and that nobody can fetch now are told of by heads, and what waited goes out", async () => {
    const stage = new Stage({
      "conversations.fill": () => {
        throw new UnavailableError();
      },
    });
    const { tape } = await stage.live("ada");
    stage.deliver(1, ["ada"]);
    stage.sessions.missed(missed(3, ["ada"]));
    stage.deliver(4, ["ada"]);
    await stage.until(() => tape.seqs().length === 2);
    expect([tape.seqs(), tape.data("heads")]).toEqual([[1, 4], [{ c: 3 }]]);
  });
});

describe("a peer that does not take what it is sent", () => {
  test("is closed when its unsent data passes the bound", async () => {
    const stage = new Stage();
    const { tape } = await stage.live("ada");
    tape.unsent = 1_048_576;
    stage.deliver(1, ["ada"]);
    expect(tape.closedWith).toBeUndefined();
    tape.unsent++;
    stage.deliver(2, ["ada"]);
    stage.deliver(3, ["ada"]);
    expect([tape.closedWith, tape.seqs()]).toEqual(["overloaded", [1]]);
    expect(await stage.metrics.metrics()).toContain("switchboard_slow_consumers_closed_total 1");
    expect(stage.sessions.routes().routes).toEqual([]);
  });

  test("may have a piece of its backlog beside that, as long as the backlog lasts", async () => {
    let answer = () => {};
    const stage = new Stage({
      "offline.backlog": () =>
        new Promise((resolve) => {
          answer = () => resolve(noBacklog);
        }),
    });
    const { session, tape } = stage.open("ada");
    await stage.until(() => stage.asked.some(({ name }) => name === "offline.backlog"));
    tape.unsent = 1_048_576 + 262_144;
    session.emit("heads", {});
    expect(tape.closedWith).toBeUndefined();
    answer();
    await stage.until(() => tape.events.includes("synced"));
    session.emit("heads", {});
    expect(tape.closedWith).toBe("overloaded");
  });
});

describe("a user's eleventh socket", () => {
  test("is accepted, and the one silent longest is closed", async () => {
    const stage = new Stage();
    const opened = [];
    for (let i = 0; i < 10; i++) opened.push(await stage.live("ada"));
    await stage.live("bob");
    opened[0]?.session.heard();
    const { tape } = await stage.live("ada/tablet");
    expect(opened.map((one) => one.tape.closedWith)).toEqual([undefined, "replaced", ...Array(8).fill(undefined)]);
    expect(tape.closedWith).toBeUndefined();
  });
});

describe("routes", () => {
  test("are told at once, then in batches, and are unbound with the last socket of a device", async () => {
    const stage = new Stage();
    const [a, a2, b] = [stage.open("ada"), stage.open("ada"), stage.open("bob")];
    expect(stage.names("route.changed")).toHaveLength(1);
    await stage.turn(20);
    a.session.gone();
    b.session.gone();
    await stage.turn(2);
    a2.session.gone();
    expect(stage.names("route.changed")).toEqual([
      { nodeID: "node", fromVersion: 0, ops: [{ op: "bind", userId: "ada", deviceId: "ada-phone" }] },
      { nodeID: "node", fromVersion: 1, ops: [{ op: "bind", userId: "bob", deviceId: "bob-phone" }] },
      { nodeID: "node", fromVersion: 2, ops: [{ op: "unbind", userId: "bob", deviceId: "bob-phone" }] },
    ]);
    await stage.turn(20);
    expect(stage.names("route.changed")).toHaveLength(4);
    expect(stage.sessions.routes()).toEqual({ nodeID: "node", version: 4, routes: [] });
  });

  test("are handed out in parts, all of one moment", async () => {
    const stage = new Stage();
    const users = Array.from({ length: 4500 }, (_, i) => `user${i}`);
    for (const user of users) stage.open(user);
    const first = stage.sessions.routes();
    expect([first.routes.length, first.next]).toEqual([4000, 4000]);
    stage.open("late");
    const second = stage.sessions.routes({ version: first.version, from: first.next });
    expect([second.version, second.next]).toEqual([first.version, undefined]);
    expect([...first.routes, ...second.routes].map(({ userId }) => userId)).toEqual(users);
    await stage.turn(10_250);
    expect(() => stage.sessions.routes({ version: first.version, from: 4000 })).toThrow("kept no more");
  });

  test("are digested now and then, for routers that missed something", async () => {
    const stage = new Stage();
    await stage.live("ada");
    await stage.turn(5000);
    expect(stage.names("route.digest")).toMatchObject([{ nodeID: "node", version: 1, hash: expect.any(String) }]);
  });
});

describe("a revoked device", () => {
  test("is told, and closed at once; the user's others stay", async () => {
    const stage = new Stage();
    const [phone, tablet] = [await stage.live("ada"), await stage.live("ada/tablet")];
    stage.sessions.revoke({ userId: "ada", deviceId: "tablet", revokedAt: stage.clock.now() });
    expect([tablet.tape.data("session"), tablet.tape.closedWith]).toEqual([[{ op: "revoked" }], "revoked"]);
    expect(phone.tape.closedWith).toBeUndefined();
    expect(stage.names("session.closed")).toEqual([{ userId: "ada", deviceId: "tablet", sessionId: tablet.session.id }]);
  });

  test("that signed in again stays, however late its gateway hears of the revocation", async () => {
    const stage = new Stage();
    const revokedAt = stage.clock.now() - 1;
    const phone = await stage.live("ada");
    stage.sessions.revoke({ userId: "ada", deviceId: "ada-phone", revokedAt });
    expect(phone.tape.closedWith).toBeUndefined();
  });
});

describe("a gateway that goes down", () => {
  test("sends everyone away at times of their own, and unbinds after it closed", async () => {
    const stage = new Stage();
    const opened = [];
    for (let i = 0; i < 20; i++) opened.push(await stage.live(`user${i}`));
    await stage.sessions.drain();
    const times = opened.map(({ tape }) => (tape.data("session")[0] as { reconnectAfterMs: number }).reconnectAfterMs);
    expect(new Set(times).size).toBe(20);
    expect(times.every((ms) => ms >= 0 && ms <= 1000)).toBe(true);
    expect(opened.every(({ tape }) => tape.closedWith === "draining")).toBe(true);
    expect(stage.told.at(-1)).toMatchObject({ name: "route.changed", payload: { ops: { length: 20 } } });
    await expect(stage.sessions.admit("ada")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("answers what was asked before", async () => {
    let answer = () => {};
    const stage = new Stage({
      "presence.set": () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const { session, tape } = await stage.live("ada");
    const asked = session.receive("presence:set", { status: "away" });
    const drained = stage.sessions.drain();
    await stage.turn(250);
    expect(tape.closedWith).toBeUndefined();
    answer();
    expect(await asked).toEqual({ ok: true, data: {} });
    await drained;
    expect(tape.closedWith).toBe("draining");
  });

  test("does not wait for ever", async () => {
    const stage = new Stage({ "presence.set": () => new Promise(() => {}) });
    const { session, tape } = await stage.live("ada");
    void session.receive("presence:set", { status: "away" });
    const drained = stage.sessions.drain();
    await stage.turn(3000);
    await drained;
    expect(tape.closedWith).toBe("draining");
  });
});
