import type { Conversation, User } from "../../client/index.ts";
import type { Texts } from "../text/en.ts";
import type { ChatModel } from "./chat-model.ts";

export function nameOfUser(user: User | undefined, texts: Texts): string {
  if (!user) return "…";
  return user.erased ? texts.erased : user.displayName || user.username;
}

export const nameOf = ({ name, peer }: Conversation, texts: Texts): string => name ?? nameOfUser(peer, texts);

/** As others are named to this user: "You" for oneself. */
export function nameFor(model: ChatModel, userId: string, texts: Texts): string {
  return userId === model.user?.id ? texts.you : nameOfUser(model.people.user(userId), texts);
}
