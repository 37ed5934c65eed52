import type { Clock } from "../contracts/clock.ts";
import type { Entry, MessageEntry } from "../contracts/entry.ts";
import type { Conversation, Presence, Reset, UserChange } from "../contracts/shapes.ts";
import type { ServerData } from "../contracts/socket-events.ts";
import type { BackoffOptions } from "./connection/backoff.ts";
import type { ConnectionState } from "./connection/connection.ts";
import type { Transport } from "./connection/transport.ts";
import type { OutboxChange } from "./outbox.ts";
import type { KeyValueStore } from "./store.ts";
import type { TypingSignal } from "./typing.ts";

/** All but `url` have a default; the last five are for tests and for hosts that lack what a browser has. */
export interface ClientOptions {
  /** Of the server: `https://chat.example`. */
  url: string;
  /** What outlives a reload. Memory, if not given. */
  store?: KeyValueStore;
  /** Plain WebSocket, if not given. */
  transport?: Transport;
  fetch?: typeof fetch;
  clock?: Clock;
  random?(): number;
  newId?(): string;
  backoff?: BackoffOptions;
}

/** What `client.on` tells of, and what it hands over. */
export interface ChatClientEvents {
  connection: ConnectionState;
  /** Connected, and everything missed has been asked for. */
  ready: ServerData<"ready">;
  /** An entry of a log, once and in order. An app that keeps entries keeps it before it returns. */
  entry: Entry;
  /** The entries that are messages. */
  message: MessageEntry;
  /** A message of one's own, on its way. */
  outbox: OutboxChange;
  receipt: ServerData<"receipt">;
  typing: TypingSignal;
  presence: Presence;
  /** New to this user, or changed. */
  conversation: Conversation;
  /** Of this user, on another device. */
  change: UserChange;
  /** What is held of this conversation is void; its entries come again. */
  reset: Reset;
  /** Nobody is signed in here any more. */
  signedOut: { by: "user" | "server" };
}
