import { ServiceBroker as Broker, type ServiceBroker } from "moleculer";
import { Registry } from "prom-client";
import { loadConfig } from "../../config.ts";
import type { ActionName, Caller, EventName, Events, Params, Returns } from "../../contracts/caller.ts";
import type { CloseReason } from "../../contracts/close-codes.ts";
import type { MessageEntry } from "../../contracts/entry.ts";
import { NotFoundError } from "../../contracts/errors.ts";
import type { VerifiedToken } from "../../contracts/services/auth.ts";
import type { Backlog, Moved } from "../../contracts/services/offline.ts";
import type { DeliverFrame } from "../../contracts/services/routing.ts";
import { allHere } from "../../domain/placement/placement.ts";
import type { Deps } from "../../services/deps.ts";
import { messageCommands } from "../../services/gateway/messages.ts";
import { sendRate } from "../../services/gateway/send-rate.ts";
import type { EncodedFrame } from "../../services/gateway/sessions/encoded-frame.ts";
import type { Session } from "../../services/gateway/sessions/session.ts";
import { Sessions } from "../../services/gateway/sessions/sessions.ts";
import type { Transport } from "../../services/gateway/sessions/transport.ts";
import { memoryEphemeral } from "../../stores/ephemeral.memory.ts";
import { ManualClock } from "../manual-clock.ts";

/** What stands behind the sessions: one function an action. */
export type Behind = { [N in ActionName]?: (params: Params<N>) => Promise<Returns<N>> | Returns<N> };

/** A transport that keeps what it is given. `takes`: whether it says at once that a frame was sent. */
export class Tape implements Transport {
  readonly protocol = "websocket";
  readonly frames: { event: string; data: unknown }[] = [];
  readonly waiting: (() => void)[] = [];
  takes = true;
  unsent = 0;
  answers = 0;
  pings = 0;
  closedWith: CloseReason | undefined;

  send({ event, json }: EncodedFrame, sent?: () => void): void {
    this.frames.push({ event, data: JSON.parse(json) });
    if (!sent) return;
    if (this.takes) sent();
    else this.waiting.push(sent);
  }

  ping(): void {
    this.pings++;
  }

  close(reason: CloseReason): void {
    this.closedWith = reason;
  }

  bufferedBytes(): number {
    return this.unsent;
  }

  answerBytes(): number {
    return this.answers;
  }

  get events(): string[] {
    return this.frames.map(({ event }) => event);
  }

  data(event: string): unknown[] {
    return this.frames.filter((frame) => frame.event === event).map(({ data }) => data);
  }

  seqs(conversationId = "c"): number[] {
    const entries = this.data("entry") as { conversationId: string; seq: number }[];
    return entries.filter((entry) => entry.conversationId === conversationId).map(({ seq }) => seq);
  }
}

export const noBacklog: Backlog = {
  entries: [],
  conversations: [],
  changes: [],
  resets: [],
  cursor: "x",
  more: false,
  heads: {},
  changeSeq: 0,
};

/** What a second look finds where nothing but these conversations moved. */
export const moved = (heads: Moved["heads"]): Moved => ({ conversations: [], changes: [], resets: [], heads });

/** The sessions of one gateway on a clock that stands still, with actions of the test's own behind them. */
export class Stage {
  readonly clock = new ManualClock();
  readonly told: { name: EventName; payload: unknown }[] = [];
  readonly asked: { name: ActionName; params: unknown }[] = [];
  readonly metrics = new Registry();
  readonly behind: Behind;
  readonly sessions: Sessions;
  /** The nodes that offer whatever is asked for. */
  offering = ["node"];
  /** The node that was named in the last call. */
  lastNode: string | undefined;
  #ids = 0;

  constructor(behind: Behind = {}, env: Record<string, string> = {}) {
    this.behind = {
      "conversations.heads": () => ({}),
      "conversations.changes": () => moved({}),
      "offline.backlog": () => noBacklog,
      "auth.verifyToken": ({ token }) => this.token(token),
      ...behind,
    };
    const config = loadConfig({ NODE_ENV: "test", RATE_LIMITS: "off", ...env });
    const caller = this.#caller();
    const broker: ServiceBroker = new Broker({ logger: false });
    const deps: Deps = {
      config,
      clock: this.clock,
      caller,
      logger: () => broker.getLogger("test"),
      nodeID: "node",
      placement: allHere,
      newId: () => `id-${++this.#ids}`,
      metrics: this.metrics,
      ephemeral: memoryEphemeral(),
      stores: { sql: unused, messages: unused, close: async () => {} },
    };
    this.sessions = new Sessions(deps, messageCommands(caller, sendRate(config)));
    this.sessions.start();
  }

  /** `user` or `user/device`. */
  token(who: string, lifeMs = 900_000): VerifiedToken {
    const [userId = "", deviceId = `${userId}-phone`] = who.split("/");
    return { userId, deviceId, expiresAt: this.clock.now() + lifeMs };
  }

  open(who: string, tape = new Tape(), lifeMs?: number): { session: Session; tape: Tape } {
    return { session: this.sessions.open(tape, this.token(who, lifeMs)), tape };
  }

  /** Connected, past the backlog. */
  async live(who: string, tape?: Tape): Promise<{ session: Session; tape: Tape }> {
    const opened = this.open(who, tape);
    await this.until(() => opened.tape.events.includes("synced"));
    return opened;
  }

  /** A live entry of conversation `c`, as the fan-out would send it. */
  deliver(seq: number, to: string[], rest: Partial<DeliverFrame> = {}): void {
    const at = { conversationId: "c", seq };
    this.sessions.deliver([{ event: "entry", json: JSON.stringify(message(seq)), to, at, ...rest }]);
  }

  /** Turns the clock a little until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (isSo()) return;
      this.clock.turn(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error("it never came to be");
  }

  /** Turns the clock by `ms`, and lets everything that follows from it happen. */
  async turn(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.clock.turn(Math.min(250, left));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  names(name: EventName): unknown[] {
    return this.told.filter((one) => one.name === name).map(({ payload }) => payload);
  }

  #caller(): Caller {
    const tell = <N extends EventName>(name: N, payload: Events[N]) => void this.told.push({ name, payload });
    return {
      call: async (name, params, options) => {
        this.asked.push({ name, params });
        this.lastNode = options?.nodeID;
        const action = this.behind[name];
        if (!action) throw new NotFoundError(`the test has no ${name}`);
        return action(params);
      },
      offering: () => this.offering,
      broadcast: tell,
      broadcastLocal: tell,
    };
  }
}

const unused = () => Promise.reject(new Error("not in this test"));

export const message = (seq: number, conversationId = "c", content = `${seq}`): MessageEntry => ({
  conversationId,
  seq,
  id: `m${seq}`,
  kind: "message",
  type: "text",
  senderId: "ada",
  createdAt: "2026-01-01T00:00:00.000Z",
  n: seq,
  content,
});

export const messages = (from: number, through: number): MessageEntry[] =>
  Array.from({ length: through - from + 1 }, (_, i) => message(from + i));
