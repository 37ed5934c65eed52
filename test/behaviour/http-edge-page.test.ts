import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { toChatError } from "../../contracts/errors.ts";
import { clientModules } from "../../services/gateway/http/client-modules.ts";
import type { EdgeRequest } from "../../services/gateway/http/request.ts";
import { type Edge, startEdge } from "./edge.ts";

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchboard-client-"));
  mkdirSync(join(folder, "sdk", "net"), { recursive: true });
  writeFileSync(join(folder, "secret.ts"), "export const secret = 1;");
  writeFileSync(
    join(folder, "sdk", "index.ts"),
    [
      'import type { Answer } from "./answer.ts";',
      'import { twice } from "./net/twice.ts";',
      'export * from "./net/twice.ts";',
      "export const answer: Answer = twice(21) satisfies number;",
      'export const later = () => import("./net/twice.ts");',
      'export const file = "notes.ts";',
    ].join("\n"),
  );
  writeFileSync(join(folder, "sdk", "net", "twice.ts"), "export const twice = (n: number): number => 2 * n;");
  const serve = clientModules(join(folder, "sdk"));
  server = createServer(async (req, res) => {
    const module = decodeURIComponent((req.url ?? "").slice("/client/".length));
    const request = Object.assign(req, { originalUrl: req.url ?? "", $params: { params: { module } } }) as EdgeRequest;
    try {
      await serve(request, res);
    } catch (error) {
      res.writeHead(toChatError(error).status).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the page", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.stop());

  /** Addresses of the scripts, styles and pictures that a page or a module names. */
  function namedIn(source: string, base: string): string[] {
    const names = source.matchAll(/(?:\bsrc=|\bhref=|\bfrom |\bimport |\bimport\()\s*["']((?:\/|\.{1,2}\/)[^"'#]+)["']/g);
    return [...names].map(([, name = ""]) => new URL(name, base).pathname);
  }

  test("is at /, and has all the files that it names, of the right types", async () => {
    const types = { "": "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
    const seen = new Set(["/"]);
    for (const path of seen) {
      const answer = await fetch(edge.url + path);
      const type = types[(path.split(".")[1] ?? "") as keyof typeof types];
      expect([path, answer.status, answer.headers.get("content-type")?.split(";")[0]]).toEqual([path, 200, type]);
      const source = await answer.text();
      for (const name of namedIn(source, edge.url + path)) seen.add(name);
    }
    expect([...seen].some((path) => path.endsWith(".js"))).toBe(true);
  });

  test("has nothing that its content security policy forbids", async () => {
    const html = await (await fetch(edge.url)).text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/i);
  });

  test("is asked for each time, and sent only if it changed", async () => {
    const first = await fetch(edge.url);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    // As a browser asks; fetch on its own would say no-cache.
    const headers = { "If-None-Match": first.headers.get("etag") ?? "", "Cache-Control": "max-age=0" };
    expect((await fetch(edge.url, { headers })).status).toBe(304);
  });

  test("shows no folders and no hidden files", async () => {
    for (const path of ["/client/", "/client", "/.git/config", "/.env", "/package.json"]) {
      expect((await fetch(edge.url + path)).status).toBe(404);
    }
  });
});

describe("the SDK's modules", () => {
  test("reach the browser as JavaScript that runs", async () => {
    const answer = await fetch(`${url}/net/twice.js`);
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    const { twice } = await import(`data:text/javascript,${encodeURIComponent(await answer.text())}`);
    expect(twice(21)).toBe(42);
  });

  test("import each other under the names they are served by", async () => {
    const source = await (await fetch(`${url}/index.js`)).text();
    expect(source).toContain('from "./net/twice.js"');
    expect(source).toContain('import("./net/twice.js")');
    expect(source).not.toContain("answer.ts");
    expect(source).not.toContain("satisfies");
    expect(source).toContain('"notes.ts"');
  });

  test("are sent again only when they changed", async () => {
    const first = await fetch(`${url}/net/twice.js`);
    const known = { headers: { "If-None-Match": first.headers.get("etag") ?? "" } };
    expect(first.headers.get("cache-control")).toBe("no-cache");
    expect((await fetch(`${url}/net/twice.js`, known)).status).toBe(304);
    const file = join(folder, "sdk", "net", "twice.ts");
    writeFileSync(file, "export const twice = (n: number): number => n + n;");
    utimesSync(file, new Date(), new Date(Date.now() + 5_000));
    const changed = await fetch(`${url}/net/twice.js`, known);
    expect(changed.status).toBe(200);
    expect(await changed.text()).toContain("n + n");
  });

  test.each([
    "missing.js",
    "index.ts",
    "index",
    "",
    "net",
    "net/../index.js",
    "..%2fsecret.js",
    "%2e%2e/secret.js",
    "net%5c..%5cindex.js",
    "%00.js",
  ])(
    "%j is not one of them",
    async (name) => void expect((await fetch(`${url}/${name.replaceAll("../", "%2e%2e%2f")}`)).status).toBe(404),
  );
});
