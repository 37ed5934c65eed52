import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Edge, startEdge } from "./edge.ts";

const mostScriptBytes = 150_000;

describe("the page", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.stop());

  /** Addresses of the scripts, styles and pictures that the page or a style sheet names. */
  function namedIn(source: string, base: string): string[] {
    const names = source.matchAll(/(?:\bsrc=|\bhref=|\burl\()\s*["']?((?:\/|\.{1,2}\/)[^"'#)\s]+)/g);
    return [...names].map(([, name = ""]) => new URL(name, base).pathname);
  }

  /** Everything the page is made of: address and text. */
  async function files(): Promise<Map<string, { answer: Response; text: string }>> {
    const seen = new Map<string, { answer: Response; text: string }>();
    const wanted = new Set(["/"]);
    for (const path of wanted) {
      const answer = await fetch(edge.url + path);
      const text = await answer.text();
      seen.set(path, { answer, text });
      if (!path.endsWith(".js")) for (const name of namedIn(text, edge.url + path)) wanted.add(name);
    }
    return seen;
  }

  test("is at /, and has all the files that it names, of the right types", async () => {
    const types = { "": "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
    const kinds = new Set<string>();
    for (const [path, { answer }] of await files()) {
      const kind = path.split(".")[1] ?? "";
      kinds.add(kind);
      const type = types[kind as keyof typeof types];
      expect([path, answer.status, answer.headers.get("content-type")?.split(";")[0]]).toEqual([path, 200, type]);
    }
    expect([...kinds].sort()).toEqual(Object.keys(types).sort());
  });

  test("has nothing that its content security policy forbids", async () => {
    const html = await (await fetch(edge.url)).text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/i);
  });

  test("comes with less than 150 KB of script, compressed", async () => {
    const scripts = [...(await files())].filter(([path]) => path.endsWith(".js"));
    const bytes = scripts.reduce((sum, [, { text }]) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(mostScriptBytes);
  });

  test("is asked for each time, and sent only if it changed", async () => {
    const first = await fetch(edge.url);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    // As a browser asks; fetch on its own would say no-cache.
    const headers = { "If-None-Match": first.headers.get("etag") ?? "", "Cache-Control": "max-age=0" };
    expect((await fetch(edge.url, { headers })).status).toBe(304);
  });

  test("names its other files by what is in them, so that they are fetched once", async () => {
    const all = await files();
    all.delete("/");
    for (const [path, { answer }] of all) {
      expect([path, answer.headers.get("cache-control")]).toEqual([path, expect.stringContaining("immutable")]);
    }
  });

  test("shows no folders and no hidden files", async () => {
    for (const path of ["/assets/", "/assets", "/.git/config", "/.env", "/package.json"]) {
      expect((await fetch(edge.url + path)).status).toBe(404);
    }
  });
});
