import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ChatError, type ErrorCode, errorCodes, RateLimitedError } from "../../contracts/errors.ts";
import { asAda, type Edge, json, startEdge } from "./edge.ts";

const me = {
  id: "ada",
  username: "ada",
  displayName: "Ada",
  verified: { email: false, phone: false },
  privacy: {
    lastSeen: "everyone",
    photo: "everyone",
    search: "everyone",
    messages: "everyone",
    groups: "everyone",
    readReceipts: true,
  },
} as const;

let edge: Edge;
let patches: unknown[];
beforeAll(async () => {
  patches = [];
  edge = await startEdge({
    behind: {
      "users.me": () => me,
      "users.updateMe": ({ patch }) => {
        patches.push(patch);
        return me;
      },
      "users.get": ({ userId }) => {
        if (userId === "broken") throw new Error("the disk is on fire");
        if (userId === "busy") throw new RateLimitedError("slowly", { retryAfterMs: 1200 });
        throw new ChatError(userId as ErrorCode, "as asked");
      },
      "users.search": ({ limit }) => ({ items: [], nextCursor: String(limit) }),
    },
  });
});
afterAll(() => edge.stop());

const get = (path: string, init: RequestInit = { headers: asAda }) => fetch(edge.url + path, init);
const patchMe = (init: RequestInit) => fetch(`${edge.url}/api/v1/users/me`, init);

/** Sends these bytes as they are and reads until the server closes. */
async function raw(request: string): Promise<string> {
  const socket = connect(edge.port, "127.0.0.1");
  socket.write(request);
  return text(socket);
}

async function expectProblem(answer: Response, code: ErrorCode) {
  const { status, title } = errorCodes[code];
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: expect.any(String), title, status, code, detail: expect.any(String) });
  expect(answer.status).toBe(status);
  return problem;
}

describe("problems", () => {
  test.each(Object.keys(errorCodes).filter((code) => code !== "INTERNAL") as ErrorCode[])(
    "%s is answered with its own status, as RFC 9457",
    async (code) => {
      const problem = await expectProblem(await get(`/api/v1/users/${code}`), code);
      expect(problem.detail).toBe("as asked");
    },
  );

  test("a rate limit says in whole seconds when to come back", async () => {
    const answer = await get("/api/v1/users/busy");
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await expectProblem(answer, "RATE_LIMITED")).toMatchObject({ retryAfterMs: 1200 });
  });

  test("an internal error is logged with its cause", async () => {
    await expectProblem(await get("/api/v1/users/broken"), "INTERNAL");
    expect(edge.logged.join()).toContain("the disk is on fire");
  });

  test("in production an internal error hides its cause", async () => {
    const production = await startEdge({
      env: { NODE_ENV: "production", JWT_SECRET: "0123456789abcdef" },
      behind: { "users.me": () => Promise.reject(new Error("the disk is on fire")) },
    });
    const answer = await fetch(`${production.url}/api/v1/users/me`, { headers: asAda });
    expect(await answer.text()).not.toContain("fire");
    expect(production.logged.join()).toContain("fire");
    await production.stop();
  });

  test("a service that is not there is UNAVAILABLE", async () => {
    await expectProblem(await get("/api/v1/auth/sessions"), "UNAVAILABLE");
  });

  test.each(["/api/v1/nothing", "/api/v1", "/api/v1/", "/api/v2/users/me", "/api/v1/index.html", "/nothing", "/%zz"])(
    "there is nothing at %s",
    async (path) => void (await expectProblem(await get(path), "NOT_FOUND")),
  );

  test("a method that a path does not have is NOT_FOUND", async () => {
    await expectProblem(await get("/api/v1/users/me", { method: "PUT", headers: asAda }), "NOT_FOUND");
    await expectProblem(await get("/", { method: "POST" }), "NOT_FOUND");
  });
});

describe("who asks", () => {
  test.each([
    ["nobody", {}],
    ["another scheme", { Authorization: "Basic YWRhOmFkYQ==" }],
    ["a bearer of nothing", { Authorization: "Bearer " }],
    ["two words", { Authorization: "Bearer token-of-ada token-of-eve" }],
    ["a forged token", { Authorization: "Bearer eyJhbGciOiJub25lIn0.e30." }],
  ])("%s is UNAUTHENTICATED", async (_, headers: Record<string, string>) => {
    const answer = await get("/api/v1/users/me", { headers });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    await expectProblem(answer, "UNAUTHENTICATED");
  });

  test("the scheme may be written in any case", async () => {
    expect((await get("/api/v1/users/me", { headers: { Authorization: "bearer token-of-ada" } })).status).toBe(200);
  });

  test("a token in the query is good for the event stream alone", async () => {
    await expectProblem(await get("/api/v1/users/me?token=token-of-ada", {}), "UNAUTHENTICATED");
  });
});

describe("bodies", () => {
  test.each([
    ["no body", { method: "PATCH", headers: asAda }],
    ["an empty body", json("PATCH", "")],
    ["broken JSON", json("PATCH", '{"displayName":')],
    ["a list", json("PATCH", [])],
    ["a bare string", json("PATCH", '"hello"')],
    ["a form", { method: "PATCH", headers: asAda, body: new URLSearchParams({ displayName: "Ada" }) }],
    ["text", { method: "PATCH", headers: { ...asAda, "Content-Type": "text/plain" }, body: "{}" }],
    ["another character set", json("PATCH", {}, { ...asAda, "Content-Type": "application/json; charset=utf-16" })],
    ["a compressed body", json("PATCH", {}, { ...asAda, "Content-Encoding": "gzip" })],
    ["JSON nested too deep", json("PATCH", `{"x":${"[".repeat(40)}${"]".repeat(40)}}`)],
    ["a very deep nest", json("PATCH", `${"[".repeat(30_000)}${"]".repeat(30_000)}`)],
    ["a wrong type", json("PATCH", { displayName: 7 })],
    ["a lone surrogate", json("PATCH", '{"displayName":"\\ud800"}')],
  ] as [string, RequestInit][])("%s is VALIDATION", async (_, init) => {
    await expectProblem(await patchMe(init), "VALIDATION");
  });

  test("invalid UTF-8 is VALIDATION", async () => {
    const body = Buffer.concat([Buffer.from('{"displayName":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const headers = { ...asAda, "Content-Type": "application/json" };
    await expectProblem(await patchMe({ method: "PATCH", headers, body }), "VALIDATION");
  });

  test("each wrong field is named by its path", async () => {
    const problem = await expectProblem(
      await patchMe(json("PATCH", { displayName: "", privacy: { photo: "friends" } })),
      "VALIDATION",
    );
    expect((problem.errors as { path: string }[]).map(({ path }) => path)).toEqual(["displayName", "privacy.photo"]);
  });

  test("a place with more than one mistake is named once", async () => {
    const problem = await expectProblem(
      await get("/api/v1/users/me", json("PATCH", { displayName: " \u202e ".repeat(65) })),
      "VALIDATION",
    );
    expect(problem.errors).toEqual([{ path: "displayName", message: expect.any(String) }]);
  });

  test("unknown fields are ignored", async () => {
    patches.length = 0;
    const body = '{"displayName":"Ada","admin":true,"__proto__":{"x":1}}';
    expect(
      (await patchMe(json("PATCH", body, { ...asAda, "Content-Type": 'application/json; profile="x"; charset="UTF-8"' }))).status,
    ).toBe(200);
    expect(patches).toEqual([{ displayName: "Ada" }]);
  });

  test("a body over the frame limit is PAYLOAD_TOO_LARGE, one at the limit is not", async () => {
    const ofLength = (length: number) => JSON.stringify({ x: "x".repeat(length - 8) });
    expect(ofLength(65_536)).toHaveLength(65_536);
    expect((await patchMe(json("PATCH", ofLength(65_536)))).status).toBe(200);
    await expectProblem(await patchMe(json("PATCH", ofLength(65_537))), "PAYLOAD_TOO_LARGE");
  });

  test("a body without a length is cut at the limit too", async () => {
    const endless = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 80; i++) controller.enqueue(new Uint8Array(1024).fill(32));
        controller.close();
      },
    });
    const init = { ...json("PATCH", {}), body: endless, duplex: "half" };
    await expectProblem(await patchMe(init as RequestInit), "PAYLOAD_TOO_LARGE");
  });

  test("a body of a row that has none is ignored", async () => {
    expect((await get("/api/v1/users/me", { method: "GET", headers: asAda })).status).toBe(200);
    await expectProblem(await get("/api/v1/auth/logout", json("POST", "{{{")), "UNAVAILABLE");
  });
});

describe("paths and queries", () => {
  test.each([
    ["/api/v1/users/%zz"],
    ["/api/v1/users/%ff"],
    ["/api/v1/users/%00"],
    [`/api/v1/users/${"x".repeat(129)}`],
    ["/api/v1/users?q=%zz"],
    ["/api/v1/users?q=%c3%28"],
    ["/api/v1/users"],
    ["/api/v1/users?q=a&limit=0"],
    ["/api/v1/users?q=a&limit=201"],
    ["/api/v1/users?q=a&limit=ten"],
    ["/api/v1/users?q=a&limit=1&limit=2"],
    ["/api/v1/users?q[a]=b"],
    ["/api/v1/conversations/c/messages?before=1&after=2"],
  ])("%s is VALIDATION", async (path) => void (await expectProblem(await get(path), "VALIDATION")));

  test("a list without a limit has 50 items a page", async () => {
    expect(await (await get("/api/v1/users?q=a")).json()).toEqual({ items: [], nextCursor: "50" });
  });

  test("a cursor of 8 KiB fits into the query, endless headers are PAYLOAD_TOO_LARGE", async () => {
    const answer = await get(`/api/v1/sync?cursor=${"x".repeat(8192)}`);
    await expectProblem(answer, "UNAVAILABLE");
    await expectProblem(
      await get("/api/v1/users/me", { headers: { ...asAda, "X-Long": "x".repeat(60_000) } }),
      "PAYLOAD_TOO_LARGE",
    );
  });

  test("what is not HTTP is answered with a problem, and the connection closed", async () => {
    const answer = await raw("HELLO\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 422 /);
    expect(answer).toContain("application/problem+json");
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ code: "VALIDATION" });
  });

  test("a path cannot lead out of the served folders", async () => {
    for (const path of [
      "/../package.json",
      "/..%2fpackage.json",
      "/%2e%2e/package.json",
      "/client/../config.ts",
      "/client/..%2fconfig.js",
    ]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).toContain("NOT_FOUND");
    }
  });

  test("HEAD is answered as GET is, without the body", async () => {
    const answer = await get("/api/v1/users/me", { method: "HEAD", headers: asAda });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe(String(JSON.stringify(me).length));
    expect(await answer.text()).toBe("");
    expect((await get("/api/v1/users/me", { method: "HEAD" })).status).toBe(401);
  });
});

describe("headers", () => {
  test.each(["/api/v1/users/me", "/api/v1/nothing", "/healthz", "/"])("%s carries the security headers", async (path) => {
    const { headers } = await get(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.has("x-powered-by")).toBe(false);
    const policy = headers.get("content-security-policy") ?? "";
    for (const rule of [
      "default-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data: https:",
      "object-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]) {
      expect(policy.split(";")).toContain(rule);
    }
  });

  test("answers of the API are not stored by anyone", async () => {
    for (const path of ["/api/v1/users/me", "/api/v1/users/GONE", "/api/v1/nothing"]) {
      expect((await get(path)).headers.get("cache-control")).toBe("no-store");
    }
  });
});

describe("pages of other origins", () => {
  const origin = "https://app.example";
  const preflight = (url: string, from = origin) =>
    fetch(`${url}/api/v1/users/me`, {
      method: "OPTIONS",
      headers: { Origin: from, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization" },
    });

  test("are given no permission by default, and this server's own page needs none", async () => {
    const answer = await preflight(edge.url);
    expect(answer.status).toBe(204);
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    const own = await get("/api/v1/users/me", { headers: { ...asAda, Origin: edge.url } });
    expect(own.status).toBe(200);
    expect(own.headers.has("access-control-allow-origin")).toBe(false);
  });

  test("may call if they are listed, and only those", async () => {
    const open = await startEdge({ env: { CORS_ORIGINS: `${origin}, https://b.example` }, behind: { "users.me": () => me } });
    const answer = await preflight(open.url);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-allow-methods")).toContain("PATCH");
    const allowed = answer.headers.get("access-control-allow-headers")?.toLowerCase().split(", ");
    expect(allowed).toEqual(expect.arrayContaining(["authorization", "content-type", "idempotency-key", "last-event-id"]));
    expect(answer.headers.get("vary")).toBe("Origin");

    const call = await fetch(`${open.url}/api/v1/users/me`, { headers: { ...asAda, Origin: origin } });
    expect(call.headers.get("access-control-allow-origin")).toBe(origin);
    expect(call.headers.get("access-control-expose-headers")).toBe("Retry-After");
    const refused = await fetch(`${open.url}/api/v1/users/me`, { headers: { Origin: origin } });
    expect(refused.headers.get("access-control-allow-origin")).toBe(origin);

    for (const stranger of ["https://app.example.evil", "https://app.exampl", "null"]) {
      const { headers } = await preflight(open.url, stranger);
      expect(headers.has("access-control-allow-origin")).toBe(false);
      expect(headers.get("vary")).toBe("Origin");
    }
    await open.stop();
  });

  test("may all call with *", async () => {
    const open = await startEdge({ env: { CORS_ORIGINS: "*" } });
    expect((await preflight(open.url)).headers.get("access-control-allow-origin")).toBe("*");
    await open.stop();
  });

  test("OPTIONS never runs what it asks about", async () => {
    patches.length = 0;
    const answer = await get("/api/v1/users/me", {
      ...json("OPTIONS", { displayName: "Eve" }),
      headers: { ...asAda, "Content-Type": "application/json", "Access-Control-Request-Method": "PATCH" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("allow")).toContain("PATCH");
    expect(patches).toEqual([]);
  });
});
