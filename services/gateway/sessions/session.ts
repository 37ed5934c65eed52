import type { CloseReason } from "../../../contracts/close-codes.ts";
import { type ChatError, OverloadedError, type SocketError } from "../../../contracts/errors.ts";
import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import type { Backlog } from "../../../contracts/services/offline.ts";
import type { ServerData, ServerEvent } from "../../../contracts/socket-events.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import { RecentSeqs } from "../../../domain/session/recent-seqs.ts";
import { EncodedFrame } from "./encoded-frame.ts";
import { HeldFrames } from "./held-frames.ts";
import type { Recipient } from "./recipient.ts";
import type { Transport } from "./transport.ts";

/** Requests of one session that may wait for their answers. */
const MOST_IN_FLIGHT = 128;

/** So much of a backlog, which is paced, may be unsent beside everything else: a piece of text and one large entry. */
const PACED_BYTES = 4 * 65_536;

export type Answer = { ok: true; data: unknown } | { ok: false; error: SocketError };

/** How things stood when the backlog was read, and when that was (milliseconds); kept until they are looked at again. */
export type Base = Readonly<Pick<Backlog, "heads" | "changeSeq"> & { readAt: number }>;

/** What all sessions of a gateway share. */
export interface SessionHost {
  /** Unsent data after which a session is closed. */
  readonly bufferBytes: number;
  /** Runs a client's request; the answer's data. */
  run(session: Session, event: unknown, data: unknown): Promise<unknown>;
  /** Said once a request that was run has its answer. */
  ran(): void;
  /** What the client is told of a failure. */
  explain(thrown: unknown): ChatError;
  /** Monotonic milliseconds, as fine as the gateway's wheel. */
  now(): number;
  /** Numbers what was heard from sessions. */
  nextHeard(): number;
  sent(session: Session): void;
  left(session: Session, reason?: CloseReason): void;
}

/**
 * One authenticated connection, whatever carries it. It holds live frames back until the backlog is sent, never
 * sends an entry of a conversation twice or out of order, and answers the client's requests.
 */
export class Session implements Recipient {
  readonly id: string;
  readonly viewer: Viewer & { sessionId: string };
  readonly transport: Transport;
  readonly #host: SessionHost;
  readonly #recent = new RecentSeqs();
  #base: Base | undefined;
  #held: HeldFrames | undefined = new HeldFrames();
  #closed = false;
  #inFlight = 0;
  #reading: Promise<unknown> | undefined;
  #heardAt = 0;
  #heardNumber = 0;
  /** Wall clock, milliseconds. */
  expiresAt: number;

  constructor(id: string, transport: Transport, { userId, deviceId, expiresAt }: VerifiedToken, host: SessionHost) {
    this.id = id;
    this.viewer = { userId, deviceId, sessionId: id };
    this.transport = transport;
    this.expiresAt = expiresAt;
    this.#host = host;
    this.heard();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** When the peer last gave a sign of life, in the host's time. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Orders sessions by how long they were silent. */
  get heardNumber(): number {
    return this.#heardNumber;
  }

  /** The peer gave a sign of life. */
  heard(): void {
    this.#heardAt = this.#host.now();
    this.#heardNumber = this.#host.nextHeard();
  }

  /** Answers whatever the client asks; never rejects. */
  async receive(event: unknown, data: unknown): Promise<Answer> {
    this.heard();
    if (this.#inFlight >= MOST_IN_FLIGHT)
      return refusal(new OverloadedError("too many requests at once", { retryAfterMs: 1000 }));
    this.#inFlight++;
    try {
      return { ok: true, data: (await this.#host.run(this, event, data)) ?? {} };
    } catch (thrown) {
      return refusal(this.#host.explain(thrown));
    } finally {
      this.#inFlight--;
      this.#host.ran();
    }
  }

  /** Runs large reads one after the other, and none while the client has yet to take the answers before it. */
  readAlone<T>(read: () => Promise<T>): Promise<T> {
    const turn = (this.#reading ?? Promise.resolve()).then(() => {
      if (this.transport.answerBytes() > this.#host.bufferBytes)
        throw new OverloadedError("take the answers before", { retryAfterMs: 1000 });
      return read();
    });
    this.#reading = turn.catch(() => undefined);
    return turn;
  }

  /** A live frame. Entries go out once and in order. */
  deliver(frame: EncodedFrame): void {
    if (this.#held) this.#held.add(frame, false);
    else if (this.#isNew(frame)) this.send(frame);
  }

  pass(frame: EncodedFrame): void {
    if (this.#held) this.#held.add(frame, true);
    else this.#isNew(frame);
  }

  /** Sends what is not in any order with live frames. */
  emit<E extends ServerEvent>(event: E, data: ServerData<E>): void {
    this.send(EncodedFrame.of(event, data));
  }

  /** An entry that was read from the log, while live ones are held back. */
  replay(frame: EncodedFrame, sent?: () => void): void {
    if (this.#isNew(frame)) this.send(frame, sent);
    else sent?.();
  }

  /** Sends past anything that is held. */
  send(frame: EncodedFrame, sent?: () => void): void {
    if (!this.hasRoom()) return;
    this.transport.send(frame, sent);
    this.#host.sent(this);
  }

  /** Whether the peer takes what it is sent. One that does not loses the session, here and now. */
  hasRoom(): boolean {
    const paced = this.#held ? PACED_BYTES : 0;
    if (this.transport.bufferedBytes() > this.#host.bufferBytes + paced) this.end("overloaded");
    return !this.#closed;
  }

  /** Holds live frames back, until `release`. */
  hold(): void {
    this.#held ??= new HeldFrames();
  }

  /** Whether entries were left out of what is held. */
  get heldTooMuch(): boolean {
    return this.#held?.overflowed ?? false;
  }

  /** Lets go what was held, but for entries that were sent already. */
  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const { frame, passed } of held ?? []) {
      if (passed) this.pass(frame);
      else this.deliver(frame);
    }
  }

  /** Takes this as what the client has or will sync, unless something newer was sent; undefined forgets it. */
  setBase(base: Base | undefined): void {
    this.#base = base;
  }

  get base(): Base | undefined {
    return this.#base;
  }

  /** Up to where the client has a conversation or will sync it, as far as that is known; else 0. */
  position(conversationId: string): number {
    return Math.max(this.#recent.get(conversationId) ?? 0, this.#base?.heads[conversationId] ?? 0);
  }

  /** What moved within the last two heartbeats; called at each. */
  takeHeads(): Record<string, number> | undefined {
    const heads = this.#recent.isEmpty ? undefined : this.#recent.toRecord();
    // What was sent since the base was read is compared with the store's heads once more.
    if (!this.#base) this.#recent.turn();
    return heads;
  }

  /** The server ends it. */
  end(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.transport.close(reason);
    this.#host.left(this, reason);
  }

  /** The connection is gone. */
  gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.left(this);
  }

  #isNew({ at }: EncodedFrame): boolean {
    if (!at) return true;
    if (at.seq <= this.position(at.conversationId)) return false;
    this.#recent.set(at.conversationId, at.seq);
    return true;
  }
}

const refusal = (error: ChatError): Answer => ({ ok: false, error: error.toSocket() });
