import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "@jest/globals";
import { edgeServer } from "../../services/gateway/http/server.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Listens with short patience, so that the test need not have a long one. */
async function listen(): Promise<number> {
  const short = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };
  server = edgeServer((req, res) => void req.resume().on("end", () => res.end("all of it")), short);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Sends these bytes, and no more, and reads until the server closes. */
async function stutter(bytes: string): Promise<string> {
  const socket = connect(await listen(), "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

describe("a client that is too slow", () => {
  test.each([
    ["with its headers", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "],
    ["with its body", 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a":'],
  ])("%s is told so and let go", async (_, bytes) => {
    const answer = await stutter(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/);
    expect(answer.split("\r\n")).toContain("Content-Type: application/problem+json");
    const [, body = ""] = answer.split("\r\n\r\n");
    expect(JSON.parse(body)).toMatchObject({ code: "UNAVAILABLE", status: 503 });
  });

  test("and one that is not is answered", async () => {
    const port = await listen();
    expect(await (await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: "x" })).text()).toBe("all of it");
  });
});

describe("what is not HTTP", () => {
  test.each([
    "HELLO\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
  ])("%j is VALIDATION", async (bytes) => {
    const answer = await stutter(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 422 /);
    expect(answer).toContain('"code":"VALIDATION"');
  });

  test("headers without end are PAYLOAD_TOO_LARGE", async () => {
    const answer = await stutter(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(33_000)}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"PAYLOAD_TOO_LARGE"');
  });
});
