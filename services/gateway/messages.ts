import type { Caller } from "../../contracts/caller.ts";
import type { ChangeAnswer } from "../../contracts/entry.ts";
import { ValidationError } from "../../contracts/errors.ts";
import type { MessageChange } from "../../contracts/services/conversations.ts";
import type { OutgoingMessage, SendAnswer } from "../../contracts/socket-events.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { directConversationId } from "../../domain/conversation/direct-id.ts";
import type { SendRate } from "./send-rate.ts";

/** Where a message goes: into a conversation, or to a user. */
export type Destination = { conversationId: string } | { to: string };

/** What clients do with messages, however they say it. */
export interface MessageCommands {
  /** RATE_LIMITED for a device that sends too fast. */
  send(viewer: Viewer, destination: Destination, message: OutgoingMessage): Promise<SendAnswer>;
  /** As fast as signals. */
  change(viewer: Viewer, messageId: string, change: MessageChange): Promise<ChangeAnswer>;
  /** Deletes it for the viewer alone. */
  hide(viewer: Viewer, messageId: string): Promise<ChangeAnswer>;
  /** RATE_LIMITED for a device that signals too much. */
  paceSignals(viewer: Viewer): Promise<void> | undefined;
}

export function messageCommands({ call }: Caller, rate: SendRate): MessageCommands {
  return {
    async send(viewer, destination, message) {
      await rate.take(viewer.deviceId);
      return call("conversations.append", { viewer, message, ...conversationOf(viewer, destination) });
    },
    async change(viewer, messageId, change) {
      await rate.takeLight(viewer.deviceId);
      const { conversationId } = await call("conversations.locate", { messageId });
      return call("conversations.change", { conversationId, viewer, messageId, change });
    },
    async hide(viewer, messageId) {
      await rate.takeLight(viewer.deviceId);
      const { conversationId } = await call("conversations.locate", { messageId });
      return call("conversations.hide", { conversationId, viewer, messageId });
    },
    paceSignals: ({ deviceId }) => rate.takeLight(deviceId),
  };
}

function conversationOf({ userId }: Viewer, destination: Destination): { conversationId: string; peerId?: string } {
  if ("conversationId" in destination) return destination;
  if (destination.to === userId) throw ValidationError.at("to", "is you");
  return { conversationId: directConversationId(userId, destination.to), peerId: destination.to };
}
