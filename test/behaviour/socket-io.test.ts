import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Server } from "socket.io";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { startEngine, type TestEngine } from "../engine.ts";
import { signUp } from "../protocol/people.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
}, 60_000);
afterAll(() => engine.stop());

const sockets = new Set<WebSocket>();
afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets.clear();
});

/** The library's server in the engine. */
const library = () => (engine.broker.getLocalService("gateway") as unknown as { io: Server }).io;

/** A connection, packet by packet; `join` begins a session. */
class Raw {
  readonly socket = new WebSocket(`${engine.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  readonly packets: string[] = [];

  constructor() {
    sockets.add(this.socket);
    this.socket.on("message", (data) => void this.packets.push(String(data)));
  }

  async next(start: string): Promise<string> {
    for (;;) {
      const found = this.packets.find((packet) => packet.startsWith(start));
      if (found) return found;
      await once(this.socket, "message");
    }
  }

  async join(): Promise<this> {
    const { token } = await signUp(engine);
    await this.next("0{");
    this.socket.send(`40${JSON.stringify({ token, v: 1 })}`);
    await this.next('42["synced"');
    return this;
  }

  say(...packets: (string | Buffer)[]): void {
    for (const packet of packets) this.socket.send(packet);
  }
}

describe("a session over Socket.IO", () => {
  test("answers by the id of the request, and only if there is one", async () => {
    const raw = await new Raw().join();
    raw.say('42["presence:set",{"status":"away"}]', '42/,5["presence:set",{"status":"away"}]', '4206["sync",{}]');
    expect(await raw.next("43")).toBe('435[{"ok":true,"data":{}}]');
    expect(await raw.next("4306[")).toContain('"ok":true');
  });

  test("takes a request's attachments, and does nothing with them", async () => {
    const raw = await new Raw().join();
    raw.say('451-1["presence:set",{"status":{"_placeholder":true,"num":0}}]', Buffer.from("x"), '422["sync",{}]');
    expect(await raw.next("431[")).toContain('"VALIDATION"');
    expect(await raw.next("432[")).toContain('"ok":true');
  });

  test.each([
    ["a request that is none", ['42{"event":"sync"}']],
    ["a request of another namespace", ['42/other,["sync",{}]']],
    ["a packet that only servers send", ['44{"message":"no"}']],
    ["text in place of an attachment", ['451-["sync",{}]', '42["sync",{}]']],
    ["an attachment of nothing", [Buffer.from("x")]],
  ])("ends with %s", async (_, packets) => {
    const raw = await new Raw().join();
    raw.say(...packets);
    await once(raw.socket, "close");
  });

  test("stays when another namespace is asked for, which there is not", async () => {
    const raw = await new Raw().join();
    raw.say("40/other,", '421["sync",{}]');
    expect(await raw.next("44")).toBe('44/other,{"message":"Invalid namespace"}');
    expect(await raw.next("431[")).toContain('"ok":true');
  });

  test("is confirmed before anything else is said, even to who does not wait for the greeting", async () => {
    const { token } = await signUp(engine);
    const raw = new Raw();
    raw.socket.on("open", () => raw.say(`40${JSON.stringify({ token, v: 1 })}`, "40/other,"));
    await raw.next('42["synced"');
    const types = raw.packets.filter((packet) => !packet.startsWith("44")).map((packet) => packet.slice(0, 2));
    expect(types.slice(0, 3)).toEqual(["0{", "40", "42"]);
  });

  test("writes past the library what it says, once the library has said its own", async () => {
    const raw = await new Raw().join();
    let flushes = 0;
    const count = () => void flushes++;
    library().engine.on("flush", count);
    raw.say(...Array.from({ length: 10 }, (_, i) => `42${i}["sync",{}]`));
    for (let i = 0; i < 10; i++) await raw.next(`43${i}[`);
    library().engine.off("flush", count);
    expect(flushes).toBe(0);
  });

  test("does not keep what was said to begin it", async () => {
    const { token } = await signUp(engine);
    let asked: object = [];
    library().engine.once("connection", ({ request }: { request: object }) => {
      asked = request;
    });
    const client = io(engine.url, { auth: { token, v: 1 }, transports: ["websocket"], forceNew: true });
    await new Promise((resolve) => client.once("synced", resolve));
    const socket = library()
      .of("/")
      .sockets.get(client.id ?? "");
    expect(socket?.handshake).toMatchObject({ auth: {}, headers: {}, query: {} });
    expect(socket?.conn.request).toBeNull();
    expect(Reflect.ownKeys(asked)).toEqual([]);
    client.close();
  });
});

test("a connection without a session that makes a request is closed", async () => {
  const raw = new Raw();
  await raw.next("0{");
  raw.say('421["sync",{}]');
  await once(raw.socket, "close");
});
