import type { Params } from "../../../contracts/caller.ts";
import type { FanoutItem } from "../../../contracts/services/fanout.ts";
import type { Conversation, ConversationPatch } from "../../../contracts/shapes.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import type { MessageStore } from "../../../stores/message-store.ts";
import type { ParticipantSettings } from "../../../stores/participation.ts";
import type { Deps } from "../../deps.ts";
import type { ConversationViews } from "./conversation-views.ts";
import { membershipOf } from "./members.ts";

const unset: ParticipantSettings = { muted: false, pinned: false, archived: false };

/** What a user sets for a conversation, for that user's devices alone. */
export class Settings {
  readonly #deps: Deps;
  readonly #store: MessageStore;
  readonly #views: ConversationViews;

  constructor(deps: Deps, store: MessageStore, views: ConversationViews) {
    this.#deps = deps;
    this.#store = store;
    this.#views = views;
  }

  /** The user's other devices hear of it: at once, or when they sync. */
  async patch({ conversationId, viewer, patch }: Params<"conversations.patch">): Promise<Conversation> {
    const { log, participation } = this.#store;
    await membershipOf(log, conversationId, viewer.userId);
    const before = (await participation.settings(viewer.userId)).get(conversationId) ?? unset;
    const changes = changesAnything(before, patch);
    if (changes) {
      await participation.setSettings(viewer.userId, conversationId, patch);
      await participation.record(viewer.userId, { op: "conversation", conversationId });
    }
    const conversation = await this.#views.one(conversationId, viewer.userId);
    if (changes) await this.#tell(conversation, viewer);
    return conversation;
  }

  async #tell(data: Conversation, { userId, sessionId }: Viewer): Promise<void> {
    const signal: FanoutItem = { type: "signal", event: "conversation", data, recipients: [userId], exceptSession: sessionId };
    try {
      await this.#deps.caller.call("fanout.publish", { items: [signal] });
    } catch (error) {
      this.#deps.logger("conversations").debug("a changed setting is left to sync", error);
    }
  }
}

function changesAnything(before: ParticipantSettings, patch: ConversationPatch): boolean {
  const { muted = before.muted, pinned = before.pinned, archived = before.archived, draft = before.draft } = patch;
  const sameFlags = muted === before.muted && pinned === before.pinned && archived === before.archived;
  return !sameFlags || (draft ?? "") !== (before.draft ?? "");
}
