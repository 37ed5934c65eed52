import { expect } from "@jest/globals";
import type { Json } from "./people.ts";

/** ISO-8601 UTC with milliseconds. */
export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Fields = Record<string, (value: Json) => boolean>;
interface Shape {
  must: Fields;
  may?: Fields;
}

const text = (v: Json) => typeof v === "string";
const flag = (v: Json) => typeof v === "boolean";
const time = (v: Json) => typeof v === "string" && ISO.test(v);
const whole = (v: Json) => Number.isSafeInteger(v) && v >= 0;
const oneOf =
  (...these: string[]) =>
  (v: Json) =>
    these.includes(v);
const texts = (v: Json) => Array.isArray(v) && v.every(text);
const object = (v: Json) => typeof v === "object" && v !== null && !Array.isArray(v);
const mentions = (v: Json) => v === "all" || texts(v);
const as = (shape: Shape) => (v: Json) => object(v) && faults(shape, v).length === 0;

const entryBase = { conversationId: text, seq: whole, id: text, senderId: text, createdAt: time, n: whole };
const byClient = { clientMsgId: text };
const addRemove = oneOf("add", "remove");
const types = "text image video audio file location contact sticker poll system encrypted".split(" ");

const message: Shape = {
  must: { ...entryBase, kind: oneOf("message"), type: oneOf(...types), content: text },
  may: {
    ...byClient,
    metadata: object,
    replyTo: text,
    forwardedFrom: text,
    mentions,
    attachments: Array.isArray,
    expiresAt: time,
    deletedAt: time,
  },
};
const user: Shape = {
  must: { id: text, username: text, displayName: text },
  may: { avatarUrl: text, statusMessage: text, erased: flag },
};
const audience = oneOf("everyone", "contacts", "nobody");
const privacy: Shape = {
  must: { lastSeen: audience, photo: audience, search: audience, messages: audience, groups: audience, readReceipts: flag },
};
const upTo = { deliveredSeq: whole, readSeq: whole };
const role = oneOf("owner", "admin", "member");
const group: Shape = {
  must: {
    id: text,
    conversationId: text,
    name: text,
    ownerId: text,
    isPrivate: flag,
    maxMembers: whole,
    memberCount: whole,
    myRole: role,
  },
  may: { description: text, avatarUrl: text, closed: flag },
};

/** The shapes of docs/protocol.md: a field that is not here is not in the contract, and leaks. */
export const shapes = {
  message,
  duplicate: { must: message.must, may: { ...message.may, duplicate: flag } },
  current: {
    must: { ...message.must, reactions: object },
    may: { ...message.may, editedAt: time, pinned: flag },
  },
  edit: {
    must: { ...entryBase, kind: oneOf("edit"), target: text, content: text },
    may: { ...byClient, metadata: object, mentions },
  },
  delete: { must: { ...entryBase, kind: oneOf("delete"), target: text }, may: byClient },
  reaction: { must: { ...entryBase, kind: oneOf("reaction"), target: text, emoji: text, op: addRemove }, may: byClient },
  pin: { must: { ...entryBase, kind: oneOf("pin"), target: text, op: addRemove }, may: byClient },
  member: {
    must: {
      ...entryBase,
      kind: oneOf("member"),
      op: oneOf("create", "join", "add", "leave", "remove", "role", "ban"),
      userIds: texts,
    },
    may: { ...byClient, role },
  },
  update: { must: { ...entryBase, kind: oneOf("update"), changes: object }, may: byClient },
  hidden: { must: { conversationId: text, seq: whole, kind: oneOf("hidden"), through: whole } },
  user,
  me: {
    must: { ...user.must, verified: as({ must: { email: flag, phone: flag } }), privacy: as(privacy) },
    may: { ...user.may, email: text, phone: text },
  },
  conversation: {
    must: {
      id: text,
      type: oneOf("direct", "group", "announcement"),
      epoch: whole,
      lastSeq: whole,
      lastN: whole,
      firstSeq: whole,
      unread: whole,
      unreadMentions: whole,
      readN: whole,
      ...upTo,
      others: as({ must: upTo }),
      lastMessageAt: time,
      muted: flag,
      pinned: flag,
      archived: flag,
    },
    may: {
      name: text,
      peer: as(user),
      group: as(group),
      leftSeq: whole,
      lastMessage: as(message),
      draft: text,
    },
  },
  group,
  groupMember: { must: { user: as(user), role, joinedAt: time } },
  device: { must: { deviceId: text, lastSeenAt: time, current: flag }, may: { name: text, platform: text } },
  presence: { must: { userId: text, status: oneOf("online", "away", "busy", "offline") }, may: { lastSeenAt: time } },
  receipt: { must: { conversationId: text, userId: text, at: time }, may: upTo },
  receiptCounts: { must: { conversationId: text, seq: whole, delivered: whole, read: whole, total: whole } },
  receiptDetail: { must: { userId: text }, may: { deliveredAt: time, readAt: time } },
  reset: { must: { conversationId: text, epoch: whole, firstSeq: whole, lastSeq: whole } },
  problem: {
    must: { type: text, title: text, status: whole, detail: text, code: text },
    may: { errors: Array.isArray, retryAfterMs: whole },
  },
  socketError: { must: { code: text, message: text }, may: { errors: Array.isArray, retryAfterMs: whole } },
} satisfies Record<string, Shape>;

/** What is wrong with a value, by its fields. */
function faults({ must, may = {} }: Shape, value: Json): string[] {
  const wrong = Object.entries(must).filter(([field, fits]) => !fits(value[field]));
  const odd = Object.entries(value).filter(([field, v]) => !(field in must) && !may[field]?.(v));
  return [
    ...wrong.map(([field]) => `${field} is ${JSON.stringify(value[field])}`),
    ...odd.map(([field, v]) => `${field} should not be ${JSON.stringify(v)}`),
  ];
}

/** Asserts that it has the fields of its shape, and no other. */
export function expectShape(name: keyof typeof shapes, value: Json): void {
  expect({ value, faults: faults(shapes[name], value) }).toEqual({ value, faults: [] });
}
