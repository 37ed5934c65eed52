import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RequestError, type RequestErrorCode } from "../../client/connection/request-error.ts";
import { Outbox, type OutboxChange, type SendRequest } from "../../client/outbox.ts";
import { memoryStore } from "../../client/store.ts";
import type { SendAnswer } from "../../contracts/socket-events.ts";
import { ManualClock } from "../manual-clock.ts";

type Outcome = "ok" | "lost-answer" | "cut" | RequestErrorCode;

/** A server that stores what reaches it, once for each clientMsgId, and whose answers can be scripted. */
class Server {
  readonly log: SendRequest[] = [];
  readonly asked: string[] = [];
  outcomes: Outcome[] = [];
  cut: () => void = () => undefined;

  async deliver(request: SendRequest): Promise<SendAnswer> {
    this.asked.push(request.clientMsgId);
    const outcome = this.outcomes.shift() ?? "ok";
    if (outcome === "ok" || outcome === "lost-answer" || outcome === "cut") this.#store(request);
    if (outcome === "ok") return this.#answer(request);
    if (outcome === "cut") this.cut();
    if (outcome === "lost-answer") throw new RequestError("TIMEOUT", "no answer");
    throw new RequestError(outcome === "cut" ? "DISCONNECTED" : outcome, "as scripted");
  }

  #store(request: SendRequest): void {
    if (!this.log.some(({ clientMsgId }) => clientMsgId === request.clientMsgId)) this.log.push(request);
  }

  #answer({ clientMsgId, content, conversationId = "direct" }: SendRequest): SendAnswer {
    const seq = this.log.findIndex((m) => m.clientMsgId === clientMsgId) + 1;
    const createdAt = "2026-01-01T00:00:00.000Z";
    const entry = {
      conversationId,
      seq,
      id: `m${seq}`,
      kind: "message" as const,
      senderId: "me",
      clientMsgId,
      createdAt,
      n: seq,
    };
    return { ...entry, type: "text", content };
  }
}

/** Stores give their keys in no order. */
function unorderedStore() {
  const store = memoryStore();
  return { ...store, keys: (prefix: string) => store.keys(prefix).reverse() };
}

function setUp(store = unorderedStore(), server = new Server()) {
  const clock = new ManualClock();
  const changes: OutboxChange[] = [];
  let silences = 0;
  let ids = 0;
  const outbox = new Outbox({
    store,
    clock,
    random: () => 0.5,
    newId: () => `id${++ids}`,
    backoff: { firstMs: 500, mostMs: 30_000 },
    deliver: (request) => server.deliver(request),
    onChange: (change) => changes.push(change),
    onSilent: () => silences++,
  });
  server.cut = () => outbox.disconnected();
  return { outbox, server, clock, store, changes, silences: () => silences };
}

/** Everything that can go on without time passing has gone on. */
const settled = async () => {
  for (let i = 0; i < 50; i++) await null;
};

const say = (content: string, conversationId = "c") => ({ conversationId, content, clientMsgId: `${conversationId}-${content}` });

describe("a message", () => {
  test("waits for a connection, and is kept as soon as it is sent", async () => {
    const { outbox, server, store } = setUp();
    outbox.send(say("hello"));
    await settled();
    expect(server.asked).toEqual([]);
    expect(setUp(store).outbox.items.map((i) => i.request.content)).toEqual(["hello"]);
    outbox.connected();
    await settled();
    expect(server.log.map((m) => m.content)).toEqual(["hello"]);
    expect(outbox.items).toEqual([]);
    expect(store.keys("")).toEqual([]);
  });

  test("without an answer is asked again three times under its id; then the connection is given up", async () => {
    const { outbox, server, silences } = setUp();
    server.outcomes = ["lost-answer", "lost-answer", "lost-answer", "lost-answer"];
    outbox.connected();
    outbox.send(say("hello"));
    await settled();
    expect(server.asked).toEqual(Array(4).fill("c-hello"));
    expect(silences()).toBe(1);
    outbox.disconnected();
    outbox.connected();
    await settled();
    expect(server.log).toHaveLength(1);
    expect(outbox.items).toEqual([]);
  });

  test("that the server refuses for now goes again when it says", async () => {
    const { outbox, server, clock } = setUp();
    const refusal = new RequestError("RATE_LIMITED", "slow down", { retryAfterMs: 700 });
    server.deliver = () => {
      server.deliver = Server.prototype.deliver;
      return Promise.reject(refusal);
    };
    outbox.connected();
    outbox.send(say("hello"));
    await settled();
    clock.turn(699);
    await settled();
    expect(server.log).toHaveLength(0);
    clock.turn(1);
    await settled();
    expect(server.log).toHaveLength(1);
  });

  test.each(["VALIDATION", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "GONE", "PAYLOAD_TOO_LARGE"] as const)(
    "that is refused for good (%s) fails, stays until told, and lets the next one go",
    async (code) => {
      const { outbox, server, changes, store } = setUp();
      server.outcomes = [code];
      outbox.connected();
      outbox.send(say("bad"));
      outbox.send(say("good"));
      await settled();
      expect(server.log.map((m) => m.content)).toEqual(["good"]);
      expect(changes.filter((c) => c.state === "failed").map((c) => c.item.failure?.code)).toEqual([code]);
      expect(setUp(store).outbox.items.map((i) => i.failure?.code)).toEqual([code]);
      outbox.retry("c-bad");
      await settled();
      expect(server.log.map((m) => m.content)).toEqual(["good", "bad"]);
      expect(outbox.items).toEqual([]);
    },
  );

  test("that failed can be discarded", async () => {
    const { outbox, server, store } = setUp();
    server.outcomes = ["FORBIDDEN"];
    outbox.connected();
    outbox.send(say("bad"));
    await settled();
    outbox.discard("c-bad");
    expect(outbox.items).toEqual([]);
    expect(store.keys("")).toEqual([]);
  });

  test("to a user and then to their direct conversation keep their order", async () => {
    const { outbox, server } = setUp();
    outbox.send({ to: "bob", content: "1", clientMsgId: "1" });
    outbox.send({ to: "bob", content: "2", clientMsgId: "2" });
    outbox.connected();
    await settled();
    outbox.disconnected();
    outbox.send({ to: "bob", content: "3", clientMsgId: "3" });
    outbox.send(say("4", "direct"));
    outbox.connected();
    await settled();
    expect(server.log.map((m) => m.content)).toEqual(["1", "2", "3", "4"]);
  });
});

type Step = { do: "send"; lane: string } | { do: "cut" | "connect" | "reload" | "wait" };

test("whatever breaks, every conversation gets its messages once each, in the order they were sent", async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("send" as const), lane: fc.constantFrom("a", "b", "c") }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom("cut" as const, "connect" as const, "reload" as const, "wait" as const) }),
    },
  );
  const outcome = fc.constantFrom<Outcome>(
    "ok",
    "ok",
    "lost-answer",
    "cut",
    "RATE_LIMITED",
    "UNAVAILABLE",
    "INTERNAL",
    "OVERLOADED",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: "max" }),
      fc.array(outcome, { maxLength: 60, size: "max" }),
      async (steps, outcomes) => {
        const server = new Server();
        server.outcomes = outcomes;
        const store = unorderedStore();
        let world = setUp(store, server);
        const sent: SendRequest[] = [];
        for (const [i, step] of steps.entries()) {
          if (step.do === "send") sent.push(world.outbox.send(say(`${i}`, step.lane)).request);
          if (step.do === "cut") world.outbox.disconnected();
          if (step.do === "connect") world.outbox.connected();
          if (step.do === "wait") world.clock.turn(1_000);
          if (step.do === "reload") {
            world.outbox.disconnected();
            world = setUp(store, server);
          }
          if (i % 3 === 0) await settled();
        }
        for (let round = 0; round < 80 && world.outbox.items.length > 0; round++) {
          world.outbox.connected();
          await settled();
          world.clock.turn(60_000);
          await settled();
          world.outbox.disconnected();
        }
        for (const lane of ["a", "b", "c"]) {
          const of = (requests: SendRequest[]) => requests.filter((r) => r.conversationId === lane).map((r) => r.clientMsgId);
          expect(of(server.log)).toEqual(of(sent));
        }
      },
    ),
    { numRuns: 200 },
  );
});
