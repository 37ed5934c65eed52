import type { Caller } from "../../../../contracts/caller.ts";
import { ValidationError } from "../../../../contracts/errors.ts";
import { directConversationId } from "../../../../domain/conversation/direct-id.ts";
import type { LiveTransports } from "../../live-transports.ts";
import type { MessageCommands } from "../../messages.ts";
import { Already, type HandlersOf } from "../handler.ts";

/** Conversations, what is in them, and catching up with them. */
export const conversationHandlers = (
  { call }: Caller,
  messages: MessageCommands,
  live: LiveTransports,
): HandlersOf<"conversations" | "sync"> => ({
  "GET /conversations": ({ query }, { viewer }) => call("conversations.list", { viewer, ...query }),
  "GET /conversations/:id": ({ params }, { viewer }) => call("conversations.get", { viewer, conversationId: params.id }),
  "PATCH /conversations/:id": ({ params, body }, { viewer }) =>
    call("conversations.patch", { viewer, conversationId: params.id, patch: body }),
  async "POST /conversations"({ body: { userId } }, { viewer }) {
    if (userId === viewer.userId) throw ValidationError.at("userId", "is you");
    const conversationId = directConversationId(viewer.userId, userId);
    const opened = await call("conversations.openDirect", { conversationId, viewer, peerId: userId });
    return opened.created ? opened.conversation : new Already(opened.conversation);
  },
  "GET /conversations/:id/messages": ({ params, query }, { viewer }) =>
    call("conversations.history", { viewer, conversationId: params.id, ...query }),
  "GET /conversations/:id/entries": ({ params, query }, { viewer }) =>
    call("conversations.entries", { viewer, conversationId: params.id, ...query }),
  async "POST /conversations/:id/messages"({ params, body }, { viewer }) {
    const entry = await messages.send(viewer, { conversationId: params.id }, body);
    return entry.duplicate ? new Already(entry) : entry;
  },
  "POST /conversations/:id/delivered": ({ params, body }, { viewer }) =>
    call("conversations.cursor", { viewer, conversationId: params.id, kind: "delivered", seq: body.seq }),
  "POST /conversations/:id/read": ({ params, body }, { viewer }) =>
    call("conversations.cursor", { viewer, conversationId: params.id, kind: "read", seq: body.seq }),
  "GET /sync": ({ query }, { viewer, signal }) => {
    const { wait, ...request } = query;
    return wait ? live.longPoll(viewer, query, signal) : call("conversations.sync", { viewer, request });
  },
});
