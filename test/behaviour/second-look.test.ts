import { describe, expect, test } from "@jest/globals";
import type { Params } from "../../contracts/caller.ts";
import { UnavailableError } from "../../contracts/errors.ts";
import { Stage, type Tape } from "./session-stage.ts";

type Asked = Params<"conversations.heads">;

/** A stage whose store says where conversations end; `looks` are the questions after the connecting. */
function stageWith(heads: (asked: Asked) => Record<string, number>): { stage: Stage; looks: Asked[] } {
  const looks: Asked[] = [];
  const stage = new Stage({
    "conversations.heads": (asked) => {
      if (asked.since === undefined) return {};
      looks.push(asked);
      return heads(asked);
    },
  });
  return { stage, looks };
}

describe("users whose routes some node did not know", () => {
  test("are told a second later where their conversations end, on all their sockets", async () => {
    const { stage, looks } = stageWith(() => ({ c: 7, d: 2 }));
    const [phone, laptop] = [await stage.live("ada"), await stage.live("ada/laptop")];
    const eve = await stage.live("eve");
    stage.sessions.lookAgain({ userIds: ["ada", "nobody"], since: 5 });
    await stage.turn(750);
    expect(looks).toEqual([]);
    await stage.turn(250);
    await stage.until(() => laptop.tape.data("heads").length > 0);
    expect([phone, laptop, eve].map(({ tape }) => tape.data("heads"))).toEqual([[{ c: 7, d: 2 }], [{ c: 7, d: 2 }], []]);
    expect(looks).toEqual([{ userId: "ada", since: 5 }]);
  });

  test("are looked at once, from the earliest time that was named", async () => {
    const { stage, looks } = stageWith(() => ({}));
    await stage.live("ada");
    for (const since of [9, 4, undefined, 6]) stage.sessions.lookAgain({ userIds: ["ada"], since });
    await stage.turn(2000);
    expect(looks).toEqual([{ userId: "ada", since: 0 }]);
  });

  test("do not keep others from being looked at when the store does not answer for them", async () => {
    const { stage } = stageWith(({ userId }) => {
      if (userId === "ada") throw new UnavailableError();
      return { c: 1 };
    });
    const [, bob] = [await stage.live("ada"), await stage.live("bob")];
    stage.sessions.lookAgain({ userIds: ["ada", "bob"] });
    await stage.turn(1000);
    await stage.until(() => bob.tape.data("heads").length > 0);
  });
});

describe("a gateway that was cut off from the others", () => {
  test("looks again for everybody when it has its connection back, from before it was lost", async () => {
    const { stage, looks } = stageWith(() => ({ c: 3 }));
    const tapes: Tape[] = [];
    for (let i = 0; i < 30; i++) tapes.push((await stage.live(`user${i}`)).tape);
    const lostAt = stage.clock.now();
    stage.sessions.cutOff();
    await stage.turn(5000);
    stage.sessions.reconnected();
    await stage.turn(1000);
    await stage.until(() => tapes.every((tape) => tape.data("heads").length > 0));
    expect(looks).toHaveLength(30);
    expect(looks.every(({ since }) => since === lostAt - 600_000)).toBe(true);
  });

  test("has nothing to look at after its first connection", async () => {
    const { stage, looks } = stageWith(() => ({ c: 3 }));
    await stage.live("ada");
    stage.sessions.reconnected();
    await stage.turn(2000);
    expect(looks).toEqual([]);
  });
});
