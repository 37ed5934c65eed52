import type { BrokerOptions, ServiceBroker } from "moleculer";
import { callerOf } from "../../contracts/caller.ts";
import { toChatError } from "../../contracts/errors.ts";
import { type Command, type ConsoleParts, commands } from "./commands.ts";

export type ReplOptions = NonNullable<BrokerOptions["replOptions"]>;
type Action = NonNullable<ReplOptions["customCommands"]>[number]["action"];

/** What stands after `chat`. */
interface Words {
  verb?: string;
  first?: string;
  second?: string;
}

/** Moleculer's console with `chat`, on any node. `print` is told what to show. */
export function chatConsole(ownerOf: ConsoleParts["ownerOf"], print: (text: string) => void): ReplOptions {
  const action = async (broker: ServiceBroker, { verb, first, second }: Words) =>
    print(await answer(commands({ caller: callerOf(broker), ownerOf }), verb, first, second));
  return {
    delimiter: "switchboard $",
    customCommands: [
      {
        command: "chat [verb] [first] [second]",
        description: "Chat: who, routes, owner, actors, drain, kick, stats; `chat help` says more",
        // Moleculer's type of it takes a list; its REPL gives the words by name.
        action: action as unknown as Action,
      },
    ],
  };
}

async function answer(all: Record<string, Command>, verb = "help", ...args: (string | undefined)[]): Promise<string> {
  if (verb === "help") return help(all, args[0]);
  if (!Object.hasOwn(all, verb)) return `There is no command ${verb}.\n\n${help(all)}`;
  try {
    return await (all[verb] as Command).run(...args);
  } catch (thrown) {
    const { code, message } = toChatError(thrown, true);
    return `${code}: ${message}\n\n${help(all, verb)}`;
  }
}

/** Of one command, or of all. */
function help(all: Record<string, Command>, verb?: string): string {
  const known = verb !== undefined && Object.hasOwn(all, verb) ? [all[verb] as Command] : Object.values(all);
  const width = Math.max(...known.map(({ usage }) => usage.length));
  return known.map(({ usage, says }) => `chat ${usage.padEnd(width)}  ${says}`).join("\n");
}
