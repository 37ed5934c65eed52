import { once } from "node:events";
import type { RequestListener, Server, ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type EdgeServerOptions, edgeServer } from "../../services/gateway/http/server.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const afterBody: RequestListener = (req, res) => void req.resume().on("end", () => res.end("all of it"));

/** So that a test of what becomes of the slow need not be slow. */
const impatient = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };

async function listen(listener: RequestListener = afterBody, options: Partial<EdgeServerOptions> = {}): Promise<number> {
  server = edgeServer(listener, { idleMs: 60_000, ...options });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Sends these bytes, and no more, and reads until the server closes. */
async function stutter(bytes: string, options?: Partial<EdgeServerOptions>): Promise<string> {
  const socket = connect(await listen(afterBody, options), "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

describe("a client that is too slow", () => {
  test.each([
    ["with its headers", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "],
    ["with its body", 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a":'],
  ])("%s is told so and let go", async (_, bytes) => {
    const answer = await stutter(bytes, impatient);
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

describe("what Node itself would refuse", () => {
  test.each([
    ["host", "GET / HTTP/1.1\r\n\r\n"],
    ["expect", "GET / HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\n\r\n"],
  ])("is VALIDATION of %s", async (path, bytes) => {
    const answer = await stutter(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 422 /);
    expect(answer.split("\r\n")).toContain("Content-Type: application/problem+json");
    const [, body = ""] = answer.split("\r\n\r\n");
    expect(JSON.parse(body)).toMatchObject({ code: "VALIDATION", errors: [{ path }] });
  });

  test("is not what HTTP/1.0 says, nor who waits to be told to go on", async () => {
    expect(await stutter("GET / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 .*all of it$/s);
    const port = (server.address() as AddressInfo).port;
    const client = connect(port, "127.0.0.1");
    client.write("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
    client.once("data", () => client.write("x"));
    expect(await text(client)).toMatch(/HTTP\/1\.1 200 .*all of it$/s);
  });
});

describe("a client that does not let go", () => {
  /** How the server's side of a connection ends that the client keeps open. */
  async function keepOpen(bytes: string, ...how: Parameters<typeof listen>): Promise<unknown> {
    const port = await listen(...how);
    const ended = once(server, "connection").then(([socket]) => once(socket, "close"));
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("error", () => undefined);
    client.pause();
    client.write(bytes);
    await ended;
    return client.destroy();
  }

  test("of a connection that was refused is left behind", () => keepOpen("HELLO\r\n\r\n"));

  test("and does not take its answer is left behind", () =>
    keepOpen("GET / HTTP/1.1\r\nHost: x\r\n\r\n", (_, res) => res.end(Buffer.alloc(50_000_000)), { idleMs: 300 }));
});

describe("requests that do not wait for the answers before them", () => {
  const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  test("are handled one at a time, in order", async () => {
    const open: ServerResponse[] = [];
    const urls: (string | undefined)[] = [];
    const port = await listen((req, res) => {
      expect(open).toEqual([]);
      open.push(res);
      urls.push(req.url);
      setImmediate(() => open.pop()?.end(req.url));
    });
    const client = connect(port, "127.0.0.1");
    client.write(["/a", "/b", "/c"].map((url) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
    let answers = "";
    client.on("data", (data) => {
      answers += data;
      if (answers.endsWith("/c")) client.end();
    });
    await once(client, "close");
    expect(urls).toEqual(["/a", "/b", "/c"]);
  });

  test("are refused when there are too many", async () => {
    let handled = 0;
    const port = await listen(() => void handled++);
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined);
    client.write(request.repeat(10_000));
    await new Promise((closed) => client.once("close", closed));
    expect(handled).toBe(1);
  });
});
