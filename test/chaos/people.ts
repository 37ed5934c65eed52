import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Json } from "../protocol/people.ts";

export interface Person {
  id: string;
  /** Of each of its devices. */
  tokens: string[];
}

const ANSWER_MS = 20_000;

/** A REST call that must succeed. */
export async function rest(url: string, method: string, path: string, token?: string, body?: unknown): Promise<Json> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
}

/** Somebody new, signed in on so many devices. */
export async function person(url: string, devices: number): Promise<Person> {
  const account = { username: `c${randomBytes(6).toString("hex")}`, password: randomBytes(9).toString("hex") };
  const { user } = await rest(url, "POST", "/auth/register", undefined, account);
  const tokens: string[] = [];
  for (let i = 0; i < devices; i++) {
    const login = { login: account.username, password: account.password };
    tokens.push((await rest(url, "POST", "/auth/login", undefined, login)).accessToken);
  }
  return { id: user.id, tokens };
}

const PAGE = 200;
const AGAIN_MS = 500;
const PATIENCE_MS = 30_000;

/** The whole log, as this node reads it out to a member; asked again, for a while, when it is not available. */
export async function readLog(url: string, token: string, conversationId: string): Promise<Json[]> {
  for (const end = performance.now() + PATIENCE_MS; ; await wait(AGAIN_MS)) {
    try {
      return await pagesOf(url, token, conversationId);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

async function pagesOf(url: string, token: string, conversationId: string): Promise<Json[]> {
  const entries: Json[] = [];
  for (let last = -1; (entries.at(-1)?.seq ?? 0) > last; ) {
    last = entries.at(-1)?.seq ?? 0;
    const page = await rest(url, "GET", `/conversations/${conversationId}/entries?after=${last}&limit=${PAGE}`, token);
    entries.push(...page.items);
  }
  return entries;
}
