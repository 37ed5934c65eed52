import type { Caller } from "../../../../contracts/caller.ts";
import type { MessageChange } from "../../../../contracts/services/conversations.ts";
import type { Viewer } from "../../../../contracts/viewer.ts";
import type { HandlersOf } from "../handler.ts";

/** Changes to a message, which its id alone names. */
export function messageHandlers({ call }: Caller): HandlersOf<"messages"> {
  const change = async (viewer: Viewer, messageId: string, change: MessageChange) => {
    const { conversationId } = await call("conversations.locate", { messageId });
    return call("conversations.change", { conversationId, viewer, messageId, change });
  };
  return {
    "PATCH /messages/:id": ({ params, body }, { viewer }) => change(viewer, params.id, { op: "edit", ...body }),
    async "DELETE /messages/:id"({ params, query }, { viewer }) {
      if (query.for === "everyone") return change(viewer, params.id, { op: "delete" });
      const { conversationId } = await call("conversations.locate", { messageId: params.id });
      return call("conversations.hide", { conversationId, viewer, messageId: params.id });
    },
    "PUT /messages/:id/reactions/:emoji": ({ params: { id, emoji } }, { viewer }) =>
      change(viewer, id, { op: "react", emoji, remove: false }),
    "DELETE /messages/:id/reactions/:emoji": ({ params: { id, emoji } }, { viewer }) =>
      change(viewer, id, { op: "react", emoji, remove: true }),
    "PUT /messages/:id/pin": ({ params }, { viewer }) => change(viewer, params.id, { op: "pin", remove: false }),
    "DELETE /messages/:id/pin": ({ params }, { viewer }) => change(viewer, params.id, { op: "pin", remove: true }),
    async "GET /messages/:id/receipts"({ params }, { viewer }) {
      const { conversationId } = await call("conversations.locate", { messageId: params.id });
      return call("conversations.receipts", { conversationId, viewer, messageId: params.id });
    },
  };
}
