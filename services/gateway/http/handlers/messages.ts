import type { Caller } from "../../../../contracts/caller.ts";
import type { MessageCommands } from "../../messages.ts";
import type { HandlersOf } from "../handler.ts";

/** Changes to a message, which its id alone names. */
export const messageHandlers = ({ call }: Caller, { change, hide }: MessageCommands): HandlersOf<"messages"> => ({
  "PATCH /messages/:id": ({ params, body }, { viewer }) => change(viewer, params.id, { op: "edit", ...body }),
  "DELETE /messages/:id": ({ params, query }, { viewer }) =>
    query.for === "me" ? hide(viewer, params.id) : change(viewer, params.id, { op: "delete" }),
  "PUT /messages/:id/reactions/:emoji": ({ params: { id, emoji } }, { viewer }) =>
    change(viewer, id, { op: "react", emoji, remove: false }),
  "DELETE /messages/:id/reactions/:emoji": ({ params: { id, emoji } }, { viewer }) =>
    change(viewer, id, { op: "react", emoji, remove: true }),
  "PUT /messages/:id/pin": ({ params }, { viewer }) => change(viewer, params.id, { op: "pin", remove: false }),
  "DELETE /messages/:id/pin": ({ params }, { viewer }) => change(viewer, params.id, { op: "pin", remove: true }),
  async "GET /messages/:id/receipts"({ params, query }, { viewer }) {
    const { conversationId } = await call("conversations.locate", { messageId: params.id });
    return call("conversations.receipts", { conversationId, viewer, messageId: params.id, ...query });
  },
});
