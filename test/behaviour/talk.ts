import { setTimeout as wait } from "node:timers/promises";
import { expect } from "@jest/globals";
import type { MessageEntry } from "../../contracts/entry.ts";
import { ChatError } from "../../contracts/errors.ts";
import type { OutgoingMessage, SendAnswer } from "../../contracts/socket-events.ts";
import { type ConversationNode, text, viewer } from "./conversation-node.ts";

const SENDS = 6;

/** A message, and what its sender was answered. */
export interface Sent {
  message: OutgoingMessage;
  answer: SendAnswer;
}

/** A group of these, made by the first. */
export const makeGroup = (node: ConversationNode, conversationId: string, people: string[]) =>
  node.writing.createGroup({
    conversationId,
    viewer: viewer(people[0] ?? ""),
    type: "group",
    settings: { name: conversationId },
    memberIds: people,
  });

const PATIENCE_MS = 60_000;
/** A store that is away answers at once that it is. */
const PAUSE_MS = 10;

/** Asks again, as a client does, as long as the answer says that it may help. */
export async function persist<T>(ask: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; ; await wait(PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ChatError && error.retryable) || performance.now() > end) throw error;
    }
  }
}

/** One message, sent until it is acknowledged. */
export async function say(node: ConversationNode, userId: string, conversationId: string, content: string): Promise<Sent> {
  const message = text(content);
  const answer = await persist(() => node.writing.append({ conversationId, viewer: viewer(userId), message }));
  return { message, answer };
}

/** One person's messages to one group, each after the answer to the one before; some are sent twice. */
export async function talk(node: ConversationNode, userId: string, conversationId: string): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let i = 0; i < SENDS; i++) {
    const message = text(`${userId} ${i}`);
    const send = () => persist(() => node.writing.append({ conversationId, viewer: viewer(userId), message }));
    const [answer, again] = i % 3 ? [await send()] : await Promise.all([send(), send()]);
    sent.push({ message, answer });
    if (again) sent.push({ message, answer: again });
  }
  return sent;
}

/** Gapless, each entry once, numbered and dated in order. */
export function checkLog(log: { seq: number; id: string; n: number; kind: string; createdAt: string }[]): void {
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
  let n = 0;
  for (const entry of log) expect(entry.n).toBe(entry.kind === "message" ? ++n : n);
  expect(log.map(({ createdAt }) => createdAt)).toEqual(log.map(({ createdAt }) => createdAt).sort());
}

/** Everything that was acknowledged is in the log once, as it was acknowledged, and no other message. */
export async function checkSent(node: ConversationNode, conversationId: string, sent: Sent[]): Promise<void> {
  const log = await node.logOf(conversationId);
  checkLog(log);
  const byKey = Map.groupBy(
    log.filter((entry): entry is MessageEntry => entry.kind === "message"),
    (entry) => `${entry.senderId} ${entry.clientMsgId}`,
  );
  for (const { message, answer } of sent) {
    const { duplicate, ...entry } = answer;
    expect(byKey.get(`${entry.senderId} ${message.clientMsgId}`)).toEqual([entry]);
  }
  expect(byKey.size).toBe(new Set(sent.map(({ message }) => message.clientMsgId)).size);
}
