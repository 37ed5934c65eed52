import { expect, test } from "@jest/globals";
import { Typing } from "../../client/typing.ts";
import { ManualClock } from "../manual-clock.ts";

function setUp() {
  const clock = new ManualClock();
  const said: string[] = [];
  const heard: string[] = [];
  const typing = new Typing({
    clock,
    say: ({ conversationId, state }) => said.push(`${conversationId} ${state}`),
    onTyping: ({ userId, state }) => heard.push(`${userId} ${state}`),
  });
  return { clock, typing, said, heard };
}

test("typing is said every three seconds while it lasts, and its end once", () => {
  const { clock, typing, said } = setUp();
  for (let i = 0; i < 61; i++) {
    typing.start("c");
    clock.turn(100);
  }
  typing.stop("c");
  typing.stop("c");
  expect(said).toEqual(["c start", "c start", "c start", "c stop"]);
});

test("others' typing ends by itself six seconds after it was last heard", () => {
  const { clock, typing, heard } = setUp();
  typing.heard({ conversationId: "c", userId: "bob", state: "start" });
  clock.turn(4_000);
  typing.heard({ conversationId: "c", userId: "bob", state: "start" });
  clock.turn(5_999);
  expect(heard).toEqual(["bob start"]);
  clock.turn(1);
  typing.heard({ conversationId: "c", userId: "bob", state: "stop" });
  expect(heard).toEqual(["bob start", "bob stop"]);
});
