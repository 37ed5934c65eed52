import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { startEngine, type TestEngine } from "../engine.ts";
import { signUp } from "../protocol/people.ts";

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({ BUFFER_BYTES: "131072" });
}, 60_000);
afterAll(() => engine.stop());

const open = new Set<WebSocket>();
afterEach(() => {
  for (const socket of open) socket.terminate();
  open.clear();
});

/** A Socket.IO connection, packet by packet. */
async function rawSocketIo(): Promise<{ socket: WebSocket; packets: string[] }> {
  const socket = new WebSocket(`${engine.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  open.add(socket);
  const packets: string[] = [];
  socket.on("message", (data) => void packets.push(String(data)));
  await once(socket, "message");
  return { socket, packets };
}

const connect = (token: string) => `40${JSON.stringify({ token, v: 1 })}`;
const isEvent = (name: string) => (packet: string) => packet.startsWith(`42["${name}"`);

/** Sends this as fast as it is taken, while it should. */
async function flood(socket: WebSocket, packet: string, goesOn: () => boolean | Promise<boolean>): Promise<void> {
  socket.on("error", () => undefined);
  while (await goesOn()) {
    for (let i = 0; i < 1000 && socket.bufferedAmount < 1_000_000; i++) socket.send(packet);
    await new Promise(setImmediate);
  }
}

test("a Socket.IO connection has one session, however often it asks at once", async () => {
  const ada = await signUp(engine);
  const { socket, packets } = await rawSocketIo();
  for (let i = 0; i < 5; i++) socket.send(connect(ada.token));
  while (!packets.some(isEvent("synced"))) await once(socket, "message");
  expect(packets.filter(isEvent("ready"))).toHaveLength(1);
  expect(packets.filter((packet) => packet.startsWith("44"))).toHaveLength(4);
});

test("a Socket.IO connection that was refused may ask again", async () => {
  const ada = await signUp(engine);
  const { socket, packets } = await rawSocketIo();
  socket.send(connect("bad"));
  while (!packets.some((packet) => packet.startsWith("44"))) await once(socket, "message");
  socket.send(connect(ada.token));
  while (!packets.some(isEvent("ready"))) await once(socket, "message");
});

test("a Socket.IO connection that leaves the namespace is closed", async () => {
  const { socket, packets } = await rawSocketIo();
  socket.send(connect((await signUp(engine)).token));
  while (!packets.some(isEvent("ready"))) await once(socket, "message");
  socket.send("41");
  await once(socket, "close");
});

test("a Socket.IO connection without a session may not say much", async () => {
  const { socket } = await rawSocketIo();
  await flood(socket, "40/nowhere,", () => socket.readyState === WebSocket.OPEN);
});

test("a Socket.IO session that does not take what the protocol itself answers is closed", async () => {
  const { socket, packets } = await rawSocketIo();
  const { id, token } = await signUp(engine);
  socket.send(connect(token));
  while (!packets.some(isEvent("synced"))) await once(socket, "message");
  socket.pause();
  const isConnected = async () => (await engine.caller.call("router.where", { userId: id })).length > 0;
  await flood(socket, "40/nowhere,", isConnected);
});
