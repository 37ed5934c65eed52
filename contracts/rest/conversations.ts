import { z } from "zod";
import { changeAnswer, currentMessage, emoji, entry } from "../entry.ts";
import { limits } from "../limits.ts";
import { conversation, conversationPatch, receiptDetail } from "../shapes.ts";
import { messageEdit, outgoingMessage, sendAnswer, syncAnswer } from "../socket-events.ts";
import { id, seq } from "../text.ts";
import { page, pageQuery, queryInt, type RouteTable } from "./route.ts";

const conversationId = z.object({ id });
const messageId = z.object({ id });
const place = queryInt(0, Number.MAX_SAFE_INTEGER);
const change = { auth: "bearer", params: messageId, status: 200, answer: changeAnswer } as const;
const upTo = { auth: "bearer", params: conversationId, body: z.object({ seq }), status: 204 } as const;

export const conversationRoutes = {
  "GET /conversations": {
    summary: "My conversations, newest first",
    auth: "bearer",
    query: z.object(pageQuery),
    status: 200,
    answer: page(conversation),
  },
  "GET /conversations/:id": {
    summary: "A conversation as I see it",
    auth: "bearer",
    params: conversationId,
    status: 200,
    answer: conversation,
  },
  "PATCH /conversations/:id": {
    summary: "My settings for a conversation",
    auth: "bearer",
    params: conversationId,
    body: conversationPatch,
    status: 200,
    answer: conversation,
  },
  "POST /conversations": {
    summary: "The direct conversation with a user: 201 made, 200 there already",
    auth: "bearer",
    body: z.object({ userId: id }),
    status: 201,
    alsoStatus: 200,
    answer: conversation,
  },
  "GET /conversations/:id/messages": {
    summary: "Messages as they are now; before and after exclusive, around inclusive, none = newest",
    auth: "bearer",
    params: conversationId,
    query: z
      .object({ before: place.optional(), after: place.optional(), around: place.optional(), limit: pageQuery.limit })
      .refine(
        (q) => [q.before, q.after, q.around].filter((v) => v !== undefined).length <= 1,
        "give one of before, after, around",
      ),
    status: 200,
    answer: z.object({
      items: z.array(currentMessage),
      hasMoreBefore: z.boolean(),
      hasMoreAfter: z.boolean(),
      asOf: seq,
    }),
  },
  "GET /conversations/:id/entries": {
    summary: "Raw entries, ascending, hidden runs included",
    auth: "bearer",
    params: conversationId,
    query: z.object({
      after: place.default(0),
      limit: pageQuery.limit,
      epoch: queryInt(0, Number.MAX_SAFE_INTEGER).optional(),
    }),
    status: 200,
    answer: z.object({ items: z.array(entry), lastSeq: seq, epoch: z.int() }),
  },
  "POST /conversations/:id/messages": {
    summary: "Send a message: 201, or 200 with duplicate: true",
    auth: "bearer",
    params: conversationId,
    body: outgoingMessage,
    status: 201,
    alsoStatus: 200,
    answer: sendAnswer,
  },
  "POST /conversations/:id/delivered": { summary: "I have stored everything up to seq", ...upTo },
  "POST /conversations/:id/read": { summary: "I have read everything up to seq", ...upTo },
  "PATCH /messages/:id": { summary: "Edit my message", ...change, body: messageEdit.omit({ id: true }) },
  "DELETE /messages/:id": {
    summary: "Delete a message for everyone or for me",
    ...change,
    query: z.object({ for: z.enum(["everyone", "me"]) }),
  },
  "PUT /messages/:id/reactions/:emoji": { summary: "React", ...change, params: z.object({ id, emoji }) },
  "DELETE /messages/:id/reactions/:emoji": { summary: "Take a reaction back", ...change, params: z.object({ id, emoji }) },
  "PUT /messages/:id/pin": { summary: "Pin", ...change },
  "DELETE /messages/:id/pin": { summary: "Unpin", ...change },
  "GET /messages/:id/receipts": {
    summary: "Who has it, who has read it, and when",
    auth: "bearer",
    params: messageId,
    query: z.object({ cursor: pageQuery.cursor }),
    status: 200,
    answer: page(receiptDetail).extend({ delivered: z.int(), read: z.int(), total: z.int() }),
  },
  "GET /sync": {
    summary: "What this device has missed; `wait` holds until there is something",
    auth: "bearer",
    query: z.object({
      cursor: z.string().max(8192).optional(),
      limit: queryInt(1, limits.syncMax).default(limits.syncDefault),
      wait: queryInt(0, limits.longPollSeconds).default(0),
    }),
    status: 200,
    answer: syncAnswer,
  },
} as const satisfies RouteTable;
