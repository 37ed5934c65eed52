import type { EditEntry, MessageEntry } from "../../../contracts/entry.ts";
import { changedView, type MessageView } from "../../../domain/conversation/message-view.ts";
import { mayRead, type Sight } from "../../../domain/conversation/visibility.ts";
import type { MessageLog } from "../../../stores/message-log.ts";

/**
 * Of those messages that were changed, what changes have made of them for this user, by `seq`. An edit made while the user
 * was not there does not show; who reacted and what is pinned is as it is now.
 */
export async function viewsFor(log: MessageLog, sight: Sight, messages: MessageEntry[]): Promise<Map<number, MessageView>> {
  if (messages.length === 0) return new Map();
  const views = await log.views(
    sight.conversationId,
    messages.map(({ seq }) => seq),
  );
  const shown = await Promise.all(views.map((view) => withoutUnseenEdits(log, sight, view)));
  return new Map(shown.map((view) => [view.seq, view]));
}

async function withoutUnseenEdits(log: MessageLog, sight: Sight, view: MessageView): Promise<MessageView> {
  const seen = view.edits.filter((seq) => mayRead(sight, seq));
  if (seen.length === view.edits.length) return view;
  const { content: _content, metadata: _metadata, mentions: _mentions, editedAt: _editedAt, ...rest } = view;
  const edits = await Promise.all(seen.map((seq) => editAt(log, view.conversationId, seq)));
  const unedited: MessageView = { ...rest, asOf: view.seq, edits: [] };
  const shown = edits.flat().reduce<MessageView>((state, edit) => changedView(state, view.seq, edit), unedited);
  return { ...shown, asOf: view.asOf };
}

/** None if it is gone by retention. */
async function editAt(log: MessageLog, conversationId: string, seq: number): Promise<EditEntry[]> {
  const [kept] = await log.entries(conversationId, { after: seq - 1, through: seq, limit: 1 });
  return kept?.entry.kind === "edit" ? [kept.entry] : [];
}
