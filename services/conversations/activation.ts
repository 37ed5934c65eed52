import type { MessageEntry } from "../../contracts/entry.ts";
import { UnavailableError } from "../../contracts/errors.ts";
import type { ClientWrite } from "../../domain/conversation/decision.ts";
import { isChange } from "../../domain/conversation/message-view.ts";
import { ConversationState, type Derived, type KnownMessage, writeKey } from "../../domain/conversation/state.ts";
import type { Commit, MessageLog, MessageView, StoredEntry } from "../../stores/message-log.ts";

/**
 * The conversation as the store has it: its snapshot, taken further by the entries above. Rows that follow from
 * those entries and are missing (a store may write them after the entry) are written. null = there is none.
 */
export async function loadState(log: MessageLog, conversationId: string): Promise<ConversationState | null> {
  const loaded = await log.load(conversationId);
  if (!loaded) return null;
  const state = new ConversationState(loaded.record, loaded.members);
  const views = await viewsOf(log, conversationId, loaded.tail);
  await admitOlderTargets(log, state, loaded.tail);
  const missing = replay(state, loaded.tail, views);
  if (missing) await appendAgain(log, missing);
  state.trim(state.lastSeq);
  return state;
}

/** Whoever asked for the conversation may ask again: nothing of it hangs on what became of these rows. */
async function appendAgain(log: MessageLog, missing: Commit): Promise<void> {
  try {
    await log.append(missing);
  } catch (cause) {
    throw Object.assign(new UnavailableError("the message store does not answer"), { cause });
  }
}

/** Lets the state know of those of these writes that are stored, wherever in the log that is. */
export async function admitWrites(log: MessageLog, state: ConversationState, writes: ClientWrite[]): Promise<void> {
  if (writes.length === 0) return;
  for (const { entry } of await log.findByClientMsgId(state.conversationId, writes)) {
    state.writes.set(writeKey(entry.senderId, entry.clientMsgId ?? ""), entry);
  }
}

/** The message as it is stored; null if this conversation has no such message. */
export async function fetchMessage(log: MessageLog, conversationId: string, messageId: string): Promise<KnownMessage | null> {
  const place = await log.locate(messageId);
  if (place?.conversationId !== conversationId) return null;
  const range = { after: place.seq - 1, through: place.seq, limit: 1 };
  const [[stored], [view]] = await Promise.all([log.entries(conversationId, range), log.views(conversationId, [place.seq])]);
  return stored?.entry.kind === "message" ? { entry: stored.entry, view, hiddenFor: stored.hiddenFor } : null;
}

async function viewsOf(log: MessageLog, conversationId: string, tail: StoredEntry[]): Promise<Map<number, MessageView>> {
  const seqs = messagesIn(tail).map((entry) => entry.seq);
  const views = seqs.length ? await log.views(conversationId, seqs) : [];
  return new Map(views.map((view) => [view.seq, view]));
}

const messagesIn = (tail: StoredEntry[]): MessageEntry[] =>
  tail.flatMap(({ entry }) => (entry.kind === "message" ? [entry] : []));

/** Messages from before the tail that entries of the tail have changed. */
async function admitOlderTargets(log: MessageLog, state: ConversationState, tail: StoredEntry[]): Promise<void> {
  const young = new Set(messagesIn(tail).map((entry) => entry.id));
  const targets = new Set(tail.flatMap(({ entry }) => (isChange(entry) && !young.has(entry.target) ? [entry.target] : [])));
  for (const id of targets) state.messages.set(id, await fetchMessage(log, state.conversationId, id));
}

function replay(state: ConversationState, tail: StoredEntry[], views: Map<number, MessageView>): Commit | undefined {
  const all: Derived[] = [];
  for (const stored of tail) {
    const { entry, hiddenFor } = stored;
    all.push(state.apply(stored));
    if (entry.kind === "message") state.messages.set(entry.id, { entry, hiddenFor, view: views.get(entry.seq) });
  }
  const members = all.flatMap((derived) => derived.members);
  const changed = all.flatMap((derived) => derived.views);
  const snapshot = all.some((derived) => derived.snapshot);
  const blanks = all.flatMap(({ blank }) => blank ?? []);
  if (!snapshot && members.length + changed.length + blanks.length === 0) return undefined;
  const { conversationId } = state;
  const deletedAt = blanks.at(-1)?.deletedAt;
  return {
    conversationId,
    entries: [],
    members: [...new Map(members.map((member) => [member.userId, member])).values()],
    views: [...new Map(changed.map((view) => [view.seq, view])).values()],
    ...(snapshot && { record: state.snapshot() }),
    ...(deletedAt !== undefined && { blank: { seqs: blanks.flatMap(({ seqs }) => seqs), deletedAt } }),
  };
}
