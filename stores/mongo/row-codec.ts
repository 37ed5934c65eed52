import type { ConversationRecord, Member, MessageView } from "../message-log.ts";
import type { CursorStep, UserCursor } from "../participation.ts";
import type { ParticipantDocument, RecordDocument, StepsText, ViewDocument } from "./documents.ts";

export type MemberFields = NonNullable<ParticipantDocument["member"]>;
/** A participant who is or was a member. */
export type MemberDocument = ParticipantDocument & { member: MemberFields };

/** `leftAt`: of one who is not present. */
export function encodeMember({ asOf, role, intervals, joinedAt }: Member, leftAt?: Date): MemberFields {
  return { asOf, role, intervals, joinedAt: new Date(joinedAt), present: leftAt === undefined, ...(leftAt && { leftAt }) };
}

export function decodeMember({ conversationId, userId, member }: MemberDocument): Member {
  const { asOf, role, intervals, joinedAt } = member;
  return { conversationId, userId, role, intervals, joinedAt: joinedAt.toISOString(), asOf };
}

export function encodeView({ metadata, reactions, ...view }: MessageView): ViewDocument {
  return {
    ...view,
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    reactions: Object.entries(reactions).map(([emoji, userIds]) => ({ emoji, userIds })),
  };
}

export function decodeView({ metadata, reactions, ...view }: ViewDocument): MessageView {
  return {
    ...view,
    ...(metadata !== undefined && { metadata: JSON.parse(metadata) as Record<string, unknown> }),
    reactions: Object.fromEntries(reactions.map(({ emoji, userIds }) => [emoji, userIds])),
  };
}

/** Without the floor, which rises by itself. */
export function encodeRecord(record: ConversationRecord): Omit<RecordDocument, "_id" | "floorSeq"> {
  const { conversationId: _, createdAt, snapAt, floorSeq: __, ...rest } = record;
  return { ...rest, createdAt: new Date(createdAt), snapAt: new Date(snapAt) };
}

export function decodeRecord(document: RecordDocument): ConversationRecord {
  const { _id, createdAt, snapAt, oldestAt: _, activeOn: __, founding: ___, ...rest } = document;
  return { conversationId: _id, ...rest, createdAt: createdAt.toISOString(), snapAt: snapAt.toISOString() };
}

export function encodeCursor(cursor: UserCursor): Required<Pick<ParticipantDocument, "delivered" | "read">> {
  const { deliveredSeq, deliveredSteps, readSeq, readN, readSteps } = cursor;
  const delivered = JSON.stringify(deliveredSteps);
  const read = readSteps === deliveredSteps ? delivered : JSON.stringify(readSteps);
  return { delivered: { seq: deliveredSeq, steps: delivered }, read: { seq: readSeq, n: readN, steps: read } };
}

export function decodeCursor({ conversationId, userId, delivered, read }: ParticipantDocument): UserCursor {
  const deliveredSteps = decodeSteps(delivered?.steps);
  return {
    conversationId,
    userId,
    deliveredSeq: delivered?.seq ?? 0,
    readSeq: read?.seq ?? 0,
    readN: read?.n ?? 0,
    deliveredSteps,
    readSteps: read?.steps === delivered?.steps ? deliveredSteps : decodeSteps(read?.steps),
  };
}

/** Written before they were a text, they are a list. */
function decodeSteps(steps: StepsText | CursorStep[] = []): CursorStep[] {
  return typeof steps === "string" ? (JSON.parse(steps) as CursorStep[]) : steps;
}
