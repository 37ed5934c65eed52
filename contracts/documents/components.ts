import { z } from "zod";
import * as entries from "../entry.ts";
import * as shapes from "../shapes.ts";
import { outgoingMessage, receiptByName, receiptCounts, sendAnswer, syncAnswer } from "../socket-events.ts";
import { problem, socketError } from "./errors.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What both documents say of themselves. */
export interface About {
  version: string;
  /** Where people reach the server, if it knows. */
  url?: string | undefined;
}

/** Shapes that have a name of their own in the documents, wherever they occur. */
const named: Record<string, z.ZodType> = {
  User: shapes.user,
  Me: shapes.me,
  Privacy: shapes.privacy,
  Device: shapes.device,
  Group: shapes.group,
  Member: shapes.member,
  Conversation: shapes.conversation,
  Presence: shapes.presence,
  ReceiptDetail: shapes.receiptDetail,
  UserChange: shapes.userChange,
  Reset: shapes.reset,
  Role: entries.role,
  MessageType: entries.messageType,
  Attachment: entries.attachment,
  Json: entries.json,
  Metadata: entries.metadata,
  Mentions: entries.mentions,
  ConversationSettings: entries.conversationSettings,
  MessageEntry: entries.messageEntry,
  EditEntry: entries.editEntry,
  DeleteEntry: entries.deleteEntry,
  ReactionEntry: entries.reactionEntry,
  PinEntry: entries.pinEntry,
  MemberEntry: entries.memberEntry,
  UpdateEntry: entries.updateEntry,
  HiddenEntry: entries.hiddenEntry,
  Entry: entries.entry,
  CurrentMessage: entries.currentMessage,
  OutgoingMessage: outgoingMessage,
  SendAnswer: sendAnswer,
  ChangeAnswer: entries.changeAnswer,
  ReceiptByName: receiptByName,
  ReceiptCounts: receiptCounts,
  SyncAnswer: syncAnswer,
  Problem: problem,
  SocketError: socketError,
};

const address = (name: string) => `#/components/schemas/${name}`;

/** The components of one document: the named shapes, and those that its rows or events add. */
export class Components {
  readonly #registry = z.registry<{ id: string }>();

  constructor() {
    for (const [id, schema] of Object.entries(named)) this.#registry.add(schema, { id });
  }

  /** A reference to `schema`, which is called `name` unless it has a name already. */
  ref(schema: z.ZodType, name: string): { $ref: string } {
    if (!this.#registry.has(schema)) this.#registry.add(schema, { id: name });
    return { $ref: address(this.#registry.get(schema)?.id ?? name) };
  }

  /** JSON Schemas by name, as what a client sends is read: what has a default may be absent, unknown fields are ignored. */
  schemas(): Record<string, JsonSchema> {
    const { schemas } = z.toJSONSchema(this.#registry, { io: "input", uri: address, override: plain });
    return Object.fromEntries(Object.entries(schemas).map(([name, { $id, $schema, ...schema }]) => [name, schema]));
  }
}

/** Leaves out what says nothing new: that integers are safe ones, and how a date is spelled. */
export function plain({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}
