import type { Server } from "../servers/server.ts";
import type { Client, ClientOptions } from "./client.ts";
import { type Person, tokenOf } from "./people.ts";
import { plainWebSocket, socketIo, type Wire } from "./wire.ts";

export const targetNames = ["webSocket", "socketIo", "bare"] as const;
export type TargetName = (typeof targetNames)[number];

/** A server and a protocol to reach it by. */
export interface Target {
  name: TargetName;
  server: Server;
  wire: Wire;
  /** How to connect as this person. */
  as(person: Person, room?: string): ClientOptions;
}

export function engineTargets(server: Server): [plain: Target, socketIo: Target] {
  const target = (name: TargetName, wire: Wire): Target => ({
    name,
    server,
    wire,
    as: (person) => ({ wire, base: server.url, token: tokenOf(person) }),
  });
  return [target("webSocket", plainWebSocket), target("socketIo", socketIo)];
}

export function bareTarget(server: Server): Target {
  const wire = socketIo;
  return { name: "bare", server, wire, as: ({ userId }, room) => ({ wire, base: server.url, token: userId, room }) };
}

/** Where a client's messages go, as the beginning of a `message:send`. */
export type Address = string;

/** The direct conversation with `peer`, which the first message makes. */
export async function directAddress({ name }: Target, client: Client, peer: Person): Promise<Address> {
  const to = `"to":"${peer.userId}"`;
  if (name === "bare") return to;
  const frame = await new Promise<string>((resolve) => {
    client.onAnswer = resolve;
    client.request("message:send", `{${to},"clientMsgId":"first","content":"hello"}`);
  });
  client.onAnswer = () => {};
  return conversationIn(frame);
}

const conversationIn = (frame: string): Address => /"conversationId":"[^"]+"/.exec(frame)?.[0] ?? "";
