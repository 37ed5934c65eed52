import type { Caller, Params, Returns } from "../../contracts/caller.ts";
import type { ChangeAnswer, LoggedEntry } from "../../contracts/entry.ts";
import { NotFoundError, ValidationError } from "../../contracts/errors.ts";
import type { GroupState, MemberRef } from "../../contracts/services/conversations.ts";
import type { SendAnswer } from "../../contracts/socket-events.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { asMember, asPresent, mayWrite } from "../../domain/conversation/access.ts";
import { decideChange, findMessage } from "../../domain/conversation/change.ts";
import type { ClientWrite, Command, Decision } from "../../domain/conversation/decision.ts";
import * as group from "../../domain/conversation/group.ts";
import { decideMembership } from "../../domain/conversation/membership.ts";
import { decideSend, openedDirect, type Peer } from "../../domain/conversation/send.ts";
import type { ConversationState, KnownMessage } from "../../domain/conversation/state.ts";
import type { MessageLog } from "../../stores/message-log.ts";
import { resolveUsers } from "../resolve-users.ts";
import { admitWrites, fetchMessage } from "./activation.ts";

export interface CommandParts {
  log: MessageLog;
  caller: Caller;
  /** Most members of any group. */
  maxMembers: number;
}

/** A message, and the state in which it was found. */
export interface FoundMessage {
  message: KnownMessage;
  state: ConversationState;
}

/** What callers ask of a conversation, as commands for its actor. */
export class Commands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  append({ conversationId, viewer, message, peerId }: Params<"conversations.append">): Command<SendAnswer> {
    if (peerId === viewer.userId) throw ValidationError.at("to", "is yourself");
    const senderId = viewer.userId;
    const peer: Peer | undefined = peerId === undefined ? undefined : { userId: peerId };
    const write = { senderId, clientMsgId: message.clientMsgId };
    const past = { lookedUp: false };
    return {
      sessionId: viewer.sessionId,
      write,
      prepare: (state) =>
        state ? (this.#withPast(state, write, past) ?? this.#withMessage(state, message.replyTo)) : this.#withPeer(peer),
      decide: (state, moment) => decideSend(state, { conversationId, senderId, message, peer }, moment),
      answer: asMessage,
    };
  }

  change({ viewer, messageId, change }: Params<"conversations.change">): Command<ChangeAnswer> {
    const { userId, sessionId } = viewer;
    const clientMsgId = change.op === "edit" ? change.clientMsgId : undefined;
    return {
      sessionId,
      write: clientMsgId === undefined ? undefined : { senderId: userId, clientMsgId },
      prepare: (state) => this.#withMessage(state, messageId),
      decide: (state, moment) => answeringSeq(state, decideChange(state, { userId, messageId, change }, moment)),
      answer: seqOf,
    };
  }

  openDirect({ conversationId, viewer, peerId }: Params<"conversations.openDirect">): Command<{ created: boolean }> {
    if (peerId === viewer.userId) throw ValidationError.at("userId", "is yourself");
    const peer: Peer = { userId: peerId };
    return {
      prepare: (state) => (state ? undefined : this.#withPeer(peer)),
      decide: (state, { now }) => {
        if (state) return { answer: asMember(state, viewer.userId) && { created: false } };
        return { founded: openedDirect(conversationId, viewer.userId, peer, now), answer: { created: true } };
      },
      answer: unexpected,
    };
  }

  /** Looks the members up first: that concerns no turn. */
  async createGroup(asked: Params<"conversations.createGroup">): Promise<Command<GroupState>> {
    const { conversationId, viewer, settings } = asked;
    const creatorId = viewer.userId;
    const { maxMembers } = this.#parts;
    const memberIds = [...new Set(asked.memberIds)].filter((userId) => userId !== creatorId);
    if (settings.maxMembers !== undefined && settings.maxMembers > maxMembers) {
      throw ValidationError.at("maxMembers", `must be at most ${maxMembers}`);
    }
    await this.#checkInvited("memberIds", memberIds);
    return {
      sessionId: viewer.sessionId,
      decide: (state, moment) =>
        group.decideCreateGroup(state, { conversationId, creatorId, settings, memberIds, maxMembers }, moment),
      answer: (_, state) => group.groupState(state, creatorId),
    };
  }

  /** As `createGroup`. */
  async membership({ viewer, change }: Params<"conversations.membership">): Promise<Command<ChangeAnswer>> {
    const { userId, sessionId } = viewer;
    if (change.op === "add") await this.#checkInvited("userIds", change.userIds);
    const asked = { userId, change, maxMembers: this.#parts.maxMembers };
    return {
      sessionId,
      decide: (state, moment) => answeringSeq(state, decideMembership(state, asked, moment)),
      answer: seqOf,
    };
  }

  update({ viewer, changes }: Params<"conversations.update">): Command<GroupState> {
    const { userId, sessionId } = viewer;
    return {
      sessionId,
      decide: (state, moment) => group.decideUpdate(state, { userId, changes, maxMembers: this.#parts.maxMembers }, moment),
      answer: (_, state) => group.groupState(state, userId),
    };
  }

  group({ viewer }: Params<"conversations.group">): Command<GroupState> {
    return reading((state) => group.visibleGroup(state, viewer?.userId));
  }

  members({ viewer, from = 0 }: Params<"conversations.members">): Command<MemberRef[]> {
    return reading((state) => {
      if (!state) throw new NotFoundError("no such conversation");
      if (viewer) asMember(state, viewer.userId);
      return group.memberRefs(state, from);
    });
  }

  present({ from = 0, among }: Params<"conversations.present">): Command<Returns<"conversations.present">> {
    return reading((state) => group.presentMembers(state, { from, among }));
  }

  /** The other members, who are told that the viewer types. */
  typing({ viewer }: Params<"conversations.typing">): Command<string[]> {
    return reading((state) => {
      const { present } = asPresent(state, viewer.userId).state;
      return present.filter((userId) => userId !== viewer.userId);
    });
  }

  /** A message that the viewer may see. */
  find(viewer: Viewer, messageId: string): Command<FoundMessage> {
    const command = reading((state) => {
      const message = findMessage(state, viewer.userId, messageId);
      return { message, state: asMember(state, viewer.userId).state };
    });
    return { ...command, prepare: (state) => this.#withMessage(state, messageId) };
  }

  #withMessage(state: ConversationState | null, messageId: string | undefined): Promise<void> | undefined {
    if (!state || messageId === undefined || state.messages.has(messageId)) return undefined;
    return fetchMessage(this.#parts.log, state.conversationId, messageId).then((message) =>
      state.messages.set(messageId, message),
    );
  }

  /** The index refuses what was written before; of those who may not write, nothing comes to the index. */
  #withPast(state: ConversationState, write: ClientWrite, past: { lookedUp: boolean }): Promise<void> | undefined {
    const member = state.members.get(write.senderId);
    if (past.lookedUp || !member || mayWrite(state, member)) return undefined;
    return admitWrites(this.#parts.log, state, [write]).then(() => {
      past.lookedUp = true;
    });
  }

  #withPeer(peer: Peer | undefined): Promise<void> | undefined {
    if (!peer || peer.lookedUp) return undefined;
    return this.#parts.caller.call("users.resolve", { userIds: [peer.userId] }).then(([known]) => {
      peer.known = known;
      peer.lookedUp = true;
    });
  }

  async #checkInvited(path: string, userIds: string[]): Promise<void> {
    if (userIds.length) group.checkInvited(path, userIds, await resolveUsers(this.#parts.caller, userIds));
  }
}

/** A command that only looks. */
function reading<A>(look: (state: ConversationState | null) => A): Command<A> {
  return { decide: (state) => ({ answer: look(state) }), answer: unexpected };
}

function unexpected(): never {
  throw new Error("a command that appends nothing has an entry in the log");
}

function asMessage(entry: LoggedEntry): SendAnswer {
  if (entry.kind !== "message") throw new Error(`a message turned out to be of kind ${entry.kind}`);
  return entry;
}

const seqOf = ({ conversationId, seq }: LoggedEntry): ChangeAnswer => ({ conversationId, seq });

function answeringSeq(state: ConversationState | null, decision: Decision<number>): Decision<ChangeAnswer> {
  if ("entry" in decision) return decision;
  return { ...decision, answer: { conversationId: state?.conversationId ?? "", seq: decision.answer } };
}
