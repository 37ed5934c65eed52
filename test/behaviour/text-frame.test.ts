import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { textFrame } from "../../services/gateway/transports/text-frame.ts";

const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

/** Says these frames to whoever connects, and nothing else. */
async function saying(frames: Buffer[]): Promise<{ url: string; close(): void }> {
  const server = createServer((socket) => {
    socket.once("data", (request) => {
      const key = /sec-websocket-key: (\S+)/i.exec(request.toString())?.[1];
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      for (const frame of frames) socket.write(frame);
    });
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { url: `ws://127.0.0.1:${port}`, close: () => server.close() };
}

test("a text of any length is one message", async () => {
  const texts = lengths.flatMap((length) => ["x".repeat(length), "ü".repeat(length / 2), "\u{1F600}".repeat(length / 4)]);
  const server = await saying(texts.map(textFrame));
  const socket = new WebSocket(server.url);
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      heard.push(data.toString());
      if (heard.length === texts.length) resolve();
    });
  });
  expect(heard).toEqual(texts);
  socket.terminate();
  server.close();
});
