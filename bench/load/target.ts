import { setTimeout as wait } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import type { Traffic } from "../servers/cluster.ts";
import type { Server } from "../servers/server.ts";
import type { Client, ClientOptions } from "./client.ts";
import type { Costly } from "./cost.ts";
import { type Person, tokenOf } from "./people.ts";
import { plainWebSocket, socketIo, type Wire } from "./wire.ts";

/** A server, or several that are one, and a protocol to reach it by. */
export interface Target<S extends Costly = Costly> {
  name: string;
  server: S;
  wire: Wire;
  /** It keeps nothing and knows no conversations: messages go to a user or a room. */
  bare: boolean;
  /** What its nodes have said to each other so far, if that is known. */
  traffic?: () => Promise<Traffic>;
  /** How to connect as this person. */
  as(person: Person, room?: string): ClientOptions;
}

export function engineTargets<S extends Costly>(server: S, urls: string[]): [plain: Target<S>, socketIo: Target<S>] {
  const target = (name: string, wire: Wire): Target<S> => ({
    name,
    server,
    wire,
    bare: false,
    as: (person) => ({ wire, base: baseOf(person, urls), token: tokenOf(person) }),
  });
  return [target("webSocket", plainWebSocket), target("socketIo", socketIo)];
}

export function bareTarget<S extends Costly>(name: string, server: S, urls: string[]): Target<S> {
  const wire = socketIo;
  const as = (person: Person, room?: string) => ({ wire, base: baseOf(person, urls), token: person.userId, room });
  return { name, server, wire, bare: true, as };
}

export const targetsOf = (engine: Server) => engineTargets(engine, [engine.url]);
export const floorOf = (bare: Server) => bareTarget("bare", bare, [bare.url]);

const baseOf = ({ place }: Person, urls: string[]) => urls[place % urls.length] ?? "";

/** Where a client's messages go, as the beginning of a `message:send`. */
export type Address = string;

/** So often a first message is sent: nodes that have just been started may not know each other yet. */
const GREETINGS = 100;
const AGAIN_MS = 100;

/** The direct conversation with `peer`, which the first message makes. */
export async function directAddress({ bare }: Target, client: Client, peer: Person): Promise<Address> {
  const to = `"to":"${peer.userId}"`;
  if (bare) return to;
  const hello = `{${to},"clientMsgId":"${uuidv7()}","content":"hello"}`;
  const { onAnswer, onRefused } = client;
  for (let i = 1; ; i++) {
    const frame = await new Promise<string>((resolve) => {
      client.onAnswer = resolve;
      if (i < GREETINGS) client.onRefused = () => resolve("");
      client.request("message:send", hello);
    });
    Object.assign(client, { onAnswer, onRefused });
    if (frame) return conversationIn(frame);
    await wait(AGAIN_MS);
  }
}

const conversationIn = (frame: string): Address => /"conversationId":"[^"]+"/.exec(frame)?.[0] ?? "";
