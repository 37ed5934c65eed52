import { z } from "zod";
import { attachment, changeAnswer, emoji, entry, mentions, messageEntry, messageType, metadata } from "./entry.ts";
import { limits } from "./limits.ts";
import { conversation, presence, reset, status, userChange } from "./shapes.ts";
import { clientMsgId, id, seq, text } from "./text.ts";

/** What a sender may say of a message. `type` defaults to "text". */
const outgoing = {
  clientMsgId,
  type: messageType.default("text"),
  content: text(0, limits.contentUnits),
  metadata: metadata.optional(),
  replyTo: id.optional(),
  forwardedFrom: id.optional(),
  mentions: mentions.optional(),
  attachments: z.array(attachment).max(limits.attachments).optional(),
  expiresIn: z.int().min(1).max(31_536_000).optional().meta({ description: "seconds until the message is emptied" }),
};

type Outgoing = { content: string; attachments?: unknown[] | undefined };
const saysSomething = (m: Outgoing) => m.content.length > 0 || (m.attachments?.length ?? 0) > 0;
const saysNothing = { message: "is empty, and nothing is attached", path: ["content"] };

export const outgoingMessage = z.object(outgoing).refine(saysSomething, saysNothing);
export type OutgoingMessage = z.output<typeof outgoingMessage>;

const messageSend = z
  .object({ conversationId: id.optional(), to: id.optional(), ...outgoing })
  .refine((m) => (m.conversationId === undefined) !== (m.to === undefined), {
    message: "give either conversationId or to",
    path: ["conversationId"],
  })
  .refine(saysSomething, saysNothing);
export const messageEdit = z.object({
  id,
  content: text(0, limits.contentUnits).meta({ description: "empty only for a message with attachments" }),
  metadata: metadata.optional(),
  mentions: mentions.optional(),
  clientMsgId: clientMsgId.optional(),
});
const messageDelete = z.object({ id, for: z.enum(["everyone", "me"]) });
const messageReact = z.object({ id, emoji, op: z.enum(["add", "remove"]) });
const messagePin = z.object({ id, op: z.enum(["add", "remove"]) });
const receiptUpTo = z.object({ conversationId: id, seq });
const typing = z.object({ conversationId: id, state: z.enum(["start", "stop"]) });
const presenceSet = z.object({ status: status.exclude(["offline"]) });
const watched = z.array(id).max(limits.watchedUsers);
const presenceWatch = z.object({ userIds: watched });
const presenceUnwatch = z.object({ userIds: watched.optional().meta({ description: "without it, all of them" }) });
export const syncRequest = z.object({
  cursor: z.string().max(8192).optional(),
  cursors: z.record(id, seq).optional(),
  epochs: z.record(id, z.int()).optional(),
  limit: z.int().min(1).max(limits.syncMax).default(limits.syncDefault),
});
export type SyncRequest = z.output<typeof syncRequest>;

export const sendAnswer = messageEntry.extend({ duplicate: z.literal(true).optional() });
export type SendAnswer = z.output<typeof sendAnswer>;

export const syncAnswer = z.object({
  entries: z.array(entry),
  conversations: z.array(conversation),
  changes: z.array(userChange),
  resets: z.array(reset),
  cursor: z.string(),
  more: z.boolean(),
});
export type SyncAnswer = z.output<typeof syncAnswer>;

const nothing = z.object({});

/** Client → server: the schema of the data and of the acknowledgement's data. */
export const clientEvents = {
  "message:send": { data: messageSend, answer: sendAnswer },
  "message:edit": { data: messageEdit, answer: changeAnswer },
  "message:delete": { data: messageDelete, answer: changeAnswer },
  "message:react": { data: messageReact, answer: changeAnswer },
  "message:pin": { data: messagePin, answer: changeAnswer },
  "receipt:delivered": { data: receiptUpTo, answer: nothing },
  "receipt:read": { data: receiptUpTo, answer: nothing },
  typing: { data: typing, answer: nothing },
  "presence:set": { data: presenceSet, answer: nothing },
  "presence:watch": { data: presenceWatch, answer: z.object({ items: z.array(presence) }) },
  "presence:unwatch": { data: presenceUnwatch, answer: nothing },
  sync: { data: syncRequest, answer: syncAnswer },
  "auth:refresh": { data: z.object({ token: z.string().max(4096) }), answer: z.object({ expiresIn: z.int() }) },
} as const;
export type ClientEvent = keyof typeof clientEvents;
export type ClientData<E extends ClientEvent> = z.output<(typeof clientEvents)[E]["data"]>;
export type ClientInput<E extends ClientEvent> = z.input<(typeof clientEvents)[E]["data"]>;
export type ClientAnswer<E extends ClientEvent> = z.output<(typeof clientEvents)[E]["answer"]>;

/** Above this many members a group's receipts come as counts. */
export const RECEIPTS_BY_NAME_UP_TO = 64;

export const receiptByName = z.object({
  conversationId: id,
  userId: id,
  deliveredSeq: seq.optional(),
  readSeq: seq.optional(),
  at: z.iso.datetime(),
});
export const receiptCounts = z.object({ conversationId: id, seq, delivered: z.int(), read: z.int(), total: z.int() });

/** Server → client. */
export const serverEvents = {
  ready: z.object({
    userId: id,
    deviceId: id,
    sessionId: id,
    nodeId: z.string(),
    serverTime: z.iso.datetime(),
    heartbeatMs: z.int(),
    limits: z.object({
      contentLength: z.int(),
      frameBytes: z.int(),
      sendsPerSecond: z.number(),
      burst: z.int(),
      socketsPerUser: z.int(),
    }),
  }),
  entry,
  synced: z.object({ more: z.boolean() }),
  receipt: z.union([receiptByName, receiptCounts]),
  typing: z.object({ conversationId: id, userId: id, state: z.enum(["start", "stop"]) }),
  presence,
  conversation,
  change: userChange,
  heads: z.record(id, seq),
  reset,
  session: z.object({ op: z.enum(["expiring", "revoked", "draining"]), reconnectAfterMs: z.int().optional() }),
} as const;
export type ServerEvent = keyof typeof serverEvents;
export type ServerData<E extends ServerEvent> = z.output<(typeof serverEvents)[E]>;
