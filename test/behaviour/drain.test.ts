import { afterEach, expect, test } from "@jest/globals";
import { startEngine, type TestEngine } from "../engine.ts";
import { directBetween, newKey, signUp } from "../protocol/people.ts";
import { connectWebSocket, online } from "../protocol/sockets.ts";

let engine: TestEngine;
afterEach(() => engine.stop());

test("a node that drains is not ready, sends its clients away after their answers, and takes no more", async () => {
  engine = await startEngine();
  const [ada, bob] = [await signUp(engine), await signUp(engine)];
  const conversationId = await directBetween(ada, bob);
  const wires = await Promise.all([ada, bob].map((person) => online(connectWebSocket, engine, person)));
  const [wire] = wires as [(typeof wires)[number]];
  const sends = Array.from({ length: 20 }, (_, i) =>
    wire.request("message:send", { conversationId, clientMsgId: newKey(), content: `${i}` }),
  );
  await wires[1]?.next("entry");
  const drained = engine.caller.call("ops.drain", {});
  const ready = await fetch(`${engine.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ code: "UNAVAILABLE", errors: [{ path: "draining" }] });
  await drained;
  const answers = await Promise.all(sends);
  expect(answers.map(({ ok }) => ok)).toEqual(Array(20).fill(true));
  for (const each of wires) {
    expect(await each.next("session")).toEqual({ op: "draining", reconnectAfterMs: expect.any(Number) });
    expect((await each.closed).code).toBe(4503);
  }
  const later = await connectWebSocket(engine, ada);
  expect((await later.closed).code).toBe(4503);
});
