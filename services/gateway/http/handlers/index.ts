import type { Caller } from "../../../../contracts/caller.ts";
import type { LiveTransports } from "../../live-transports.ts";
import type { MessageCommands } from "../../messages.ts";
import type { Handlers } from "../handler.ts";
import { authHandlers } from "./auth.ts";
import { conversationHandlers } from "./conversations.ts";
import { groupHandlers } from "./groups.ts";
import { messageHandlers } from "./messages.ts";
import { userHandlers } from "./users.ts";

export const allHandlers = (caller: Caller, messages: MessageCommands, live: LiveTransports): Handlers => ({
  ...authHandlers(caller),
  ...userHandlers(caller),
  ...groupHandlers(caller),
  ...conversationHandlers(caller, messages, live),
  ...messageHandlers(caller, messages),
});
