import { connect as tcp } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { directBetween, expectProblem, type Json, newKey, rest, signUp } from "./people.ts";
import { useTarget } from "./target.ts";

const target = useTarget();

describe("bad requests", () => {
  test.each([
    ["broken JSON", '{"login":'],
    ["a JSON array", "[]"],
    ["a JSON string", '"x"'],
    ["nothing", ""],
    ["very deep JSON", `{"login":${"[".repeat(2000)}${"]".repeat(2000)}}`],
  ])("%s is VALIDATION", async (_, body) => {
    expectProblem(
      await rest(target, "POST", "/auth/login", { body, headers: { "content-type": "application/json" } }),
      422,
      "VALIDATION",
    );
  });

  test("bytes that are not UTF-8 are VALIDATION", async () => {
    const response = await fetch(`${target.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Buffer.concat([Buffer.from('{"login":"'), Buffer.from([0xff, 0xfe]), Buffer.from('","password":"x"}')]),
    });
    expect([response.status, ((await response.json()) as Json).code]).toEqual([422, "VALIDATION"]);
  });

  test("a body over the limit is PAYLOAD_TOO_LARGE", async () => {
    const body = JSON.stringify({ login: "x".repeat(2_000_000), password: "x" });
    expectProblem(await rest(target, "POST", "/auth/login", { body }), 413, "PAYLOAD_TOO_LARGE");
  });

  test("an unknown path is NOT_FOUND", async () => {
    const ada = await signUp(target);
    expectProblem(await ada.call("GET", "/nowhere"), 404, "NOT_FOUND");
  });

  test("a path that cannot be decoded is answered, not dropped", async () => {
    const ada = await signUp(target);
    const { status } = await ada.call("GET", "/users/%ff%fe");
    expect([404, 422]).toContain(status);
  });

  test("what is not HTTP does not hurt", async () => {
    const { hostname, port, protocol } = new URL(target.url);
    if (protocol !== "http:") return;
    await new Promise<void>((resolve) => {
      const socket = tcp(Number(port || 80), hostname, () => socket.end("\0\0\0 what?\r\n\r\n"));
      socket.on("error", () => resolve());
      socket.on("close", () => resolve());
      socket.resume();
    });
    expect((await fetch(`${target.url}/healthz`)).status).toBe(200);
  });

  test("ids that are no ids are refused in path and body", async () => {
    const [ada, bob] = [await signUp(target), await signUp(target)];
    const conversationId = await directBetween(ada, bob);
    for (const id of ["%00", "..%2f..%2fsecret", "x".repeat(500), "%20"]) {
      const { status } = await ada.call("GET", `/conversations/${id}`);
      expect([404, 422]).toContain(status);
    }
    const wrong = await ada.call("POST", `/conversations/${conversationId}/messages`, {
      clientMsgId: newKey(),
      content: "x",
      replyTo: 5,
    });
    expectProblem(wrong, 422, "VALIDATION");
    expect(wrong.body.errors).toEqual([{ path: "replyTo", message: expect.any(String) }]);
  });
});

describe("the documents", () => {
  test("OpenAPI 3.1 names every call of the page", async () => {
    const document = (await (await fetch(`${target.url}/api/openapi.json`)).json()) as Json;
    expect(document.openapi).toMatch(/^3\.1\./);
    const paths = Object.keys(document.paths).join("\n");
    for (const path of ["/auth/login", "/users/me", "/groups", "/conversations", "/sync", "/events", "/messages/"])
      expect(paths).toContain(path);
  });

  test("AsyncAPI 3 names every event", async () => {
    const document = (await (await fetch(`${target.url}/api/asyncapi.json`)).json()) as Json;
    expect(document.asyncapi).toMatch(/^3\./);
    const text = JSON.stringify(document);
    for (const event of [
      "message:send",
      "receipt:read",
      "presence:watch",
      "auth:refresh",
      "ready",
      "entry",
      "synced",
      "heads",
      "reset",
    ]) {
      expect(text).toContain(`"${event}"`);
    }
  });
});

describe("probes", () => {
  test("answer 200 when all is well", async () => {
    for (const path of ["/healthz", "/readyz"]) expect((await fetch(target.url + path)).status).toBe(200);
  });
});
