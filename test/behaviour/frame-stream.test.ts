import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { WebSocket, WebSocketServer } from "ws";
import { Corks } from "../../services/gateway/transports/corks.ts";
import { FrameStream } from "../../services/gateway/transports/frame-stream.ts";
import { textFrame } from "../../services/gateway/transports/text-frame.ts";

let server: WebSocketServer;
let client: WebSocket;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  client.terminate();
  const closed = once(server, "close");
  server.close();
  await closed;
});

test("what is written at once waits for nothing that may follow, only behind what is held already", async () => {
  const [webSocket, { socket }] = (await once(server, "connection")) as [WebSocket, IncomingMessage];
  if (client.readyState !== WebSocket.OPEN) await once(client, "open");
  const heard: string[] = [];
  client.on("message", (data) => heard.push(String(data)));
  const stream = new FrameStream(webSocket, socket, new Corks());

  stream.write(textFrame("one"), undefined, true);
  expect(stream.bufferedBytes()).toBe(0);
  stream.write(textFrame("two"));
  stream.write(textFrame("three"), undefined, true);
  expect(stream.bufferedBytes()).toBe(textFrame("two").length + textFrame("three").length);

  while (heard.length < 3) await once(client, "message");
  expect(heard).toEqual(["one", "two", "three"]);
});
