/**
 * The SDK. `createClient` is where to begin: one client is one device of one user. `Inbox` and `Timeline` keep
 * what a list of conversations and an open conversation show; an app that keeps entries itself needs neither.
 * `webStore` makes a device outlive a reload; `socketIoTransport` reaches the server over Socket.IO.
 */

export type { CurrentMessage, MessageEntry, Role } from "../contracts/entry.ts";
export type { Conversation, Group, Me, Member, Presence, User } from "../contracts/shapes.ts";
export { ChatClient, createClient } from "./client.ts";
export type { ChatClientEvents, ClientOptions } from "./client-options.ts";
export type { CallOptions, RouteRequest } from "./connection/api.ts";
export type { BackoffOptions } from "./connection/backoff.ts";
export type { ConnectionState } from "./connection/connection.ts";
export { RequestError, type RequestErrorCode } from "./connection/request-error.ts";
export { type SocketIo, type SocketIoSocket, socketIoTransport } from "./connection/socket-io-transport.ts";
export type { Answer, Link, LinkEvents, Transport } from "./connection/transport.ts";
export { type WebSocketConstructor, webSocketTransport } from "./connection/websocket-transport.ts";
export type { ConversationState, MemberReceipt, Notice } from "./log/conversation-state.ts";
export { Inbox } from "./log/inbox.ts";
export { Timeline, type TimelineOptions } from "./log/timeline.ts";
export type { OutboxChange, OutboxItem, OutgoingSend } from "./outbox.ts";
export type { OwnStatus } from "./presence.ts";
export { type KeyValueStore, memoryStore, webStore } from "./store.ts";
export type { TypingSignal } from "./typing.ts";
