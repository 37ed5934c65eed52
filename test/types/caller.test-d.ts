import type { Caller, Events } from "../../contracts/caller.ts";
import type { SendAnswer } from "../../contracts/socket-events.ts";

declare const caller: Caller;
declare const sent: Promise<SendAnswer>;

const viewer = { userId: "u", deviceId: "d" };
const message = { clientMsgId: "m", type: "text", content: "hi" } as const;

/** Only what was promised can be called, with what was promised. Never run: the compiler is the test. */
export function calls(): void {
  const answer: typeof sent = caller.call("conversations.append", { conversationId: "c", viewer, message });
  caller.call("auth.verifyToken", { token: "t" }, { nodeID: "n", timeout: 100 });
  void answer;

  // @ts-expect-error there is no such action
  caller.call("conversations.apend", { conversationId: "c", viewer, message });
  // @ts-expect-error there is no such service
  caller.call("conversation.append", { conversationId: "c", viewer, message });
  // @ts-expect-error an event is not an action
  caller.call("auth.deviceRevoked", { userId: "u", deviceId: "d", revokedAt: 1 });
  // @ts-expect-error any text is not a name
  caller.call("conversations.append" as string, { conversationId: "c", viewer, message });

  // @ts-expect-error params are needed
  caller.call("auth.verifyToken");
  // @ts-expect-error a param is missing
  caller.call("auth.verifyToken", {});
  // @ts-expect-error a param has the wrong type
  caller.call("auth.verifyToken", { token: 5 });
  // @ts-expect-error a param is not known
  caller.call("auth.verifyToken", { token: "t", tokn: "t" });
  // @ts-expect-error the params are another action's
  caller.call("conversations.append", { token: "t" });
  // @ts-expect-error a nested param is not one of its values
  caller.call("conversations.append", { conversationId: "c", viewer, message: { ...message, type: "smell" } });
  // @ts-expect-error a union takes none of its variants by halves
  caller.call("conversations.change", { conversationId: "c", viewer, messageId: "m", change: { op: "edit" } });
  // @ts-expect-error the option is not known
  caller.call("auth.verifyToken", { token: "t" }, { nodeId: "n" });
}

export async function answers(): Promise<void> {
  const { expiresAt } = await caller.call("auth.verifyToken", { token: "t" });
  const at: number = expiresAt;
  void at;

  // @ts-expect-error the answer is of another type
  const text: string = (await caller.call("auth.verifyToken", { token: "t" })).expiresAt;
  // @ts-expect-error the answer has no such field
  (await caller.call("auth.verifyToken", { token: "t" })).expires;
  // @ts-expect-error what may be absent must be asked for
  const role: string = (await caller.call("conversations.group", { conversationId: "c" })).myRole;
  // @ts-expect-error there is no answer
  (await caller.call("auth.logout", { viewer })).ok;
  void [text, role];
}

export function events(): void {
  caller.broadcast("auth.deviceRevoked", { userId: "u", deviceId: "d", revokedAt: 1 });
  caller.broadcastLocal("route.transitions", { online: [], offline: ["u"] });

  // @ts-expect-error there is no such event
  caller.broadcast("auth.deviceGone", { userId: "u", deviceId: "d", revokedAt: 1 });
  // @ts-expect-error an action is not an event
  caller.broadcast("auth.verifyToken", { token: "t" });
  // @ts-expect-error part of the payload is missing
  caller.broadcast("auth.deviceRevoked", { userId: "u", deviceId: "d" });
  // @ts-expect-error part of the payload has the wrong type
  caller.broadcast("auth.deviceRevoked", { userId: "u", deviceId: "d", revokedAt: "now" });
  // @ts-expect-error part of the payload is not known
  caller.broadcast("auth.deviceRevoked", { userId: "u", deviceId: "d", revokedAt: 1, why: "x" });
  // @ts-expect-error the payload is another event's
  caller.broadcastLocal("route.transitions", { userId: "u", deviceId: "d", revokedAt: 1 });
  // @ts-expect-error what the broker tells is not ours to tell
  caller.broadcast("$node.connected", { node: { id: "n" } });
  // @ts-expect-error a signal's data is its event's
  caller.call("fanout.publish", { items: [{ type: "signal", event: "synced", data: { more: 1 }, recipients: [] }] });
}

/** One name stands for one payload. */
export const payload: Events["presence.changed"] = { userId: "u", status: "away" };
// @ts-expect-error not a status
export const wrongPayload: Events["presence.changed"] = { userId: "u", status: "asleep" };
