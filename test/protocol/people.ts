import { randomBytes } from "node:crypto";
import { expect } from "@jest/globals";
import type { Target } from "./target.ts";

// The suite is written from docs/protocol.md alone: bodies are plain JSON here, not the engine's types.
// biome-ignore lint/suspicious/noExplicitAny: a black box answers anything
export type Json = any;

export interface Reply {
  status: number;
  body: Json;
  headers: Headers;
}

export interface Person {
  id: string;
  username: string;
  password: string;
  deviceId: string;
  token: string;
  refreshToken: string;
  /** A REST call as this person; `path` under /api/v1. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
}

export const newUsername = () => `t${randomBytes(6).toString("hex")}`;
export const newKey = () => randomBytes(12).toString("hex");
export const goodPassword = () => `pw-${randomBytes(9).toString("hex")}`;

export async function rest(
  target: Target,
  method: string,
  path: string,
  { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const response = await fetch(`${target.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

/** Signs up and signs in. */
export async function signUp(target: Target, extra: Record<string, unknown> = {}): Promise<Person> {
  const username = newUsername();
  const password = goodPassword();
  const registered = await rest(target, "POST", "/auth/register", { body: { username, password, ...extra } });
  expect(registered.status).toBe(201);
  return signIn(target, username, password);
}

/** Signs in, on a new device unless `device.id` names an old one. */
export async function signIn(
  target: Target,
  username: string,
  password: string,
  device?: Record<string, unknown>,
): Promise<Person> {
  const { status, body } = await rest(target, "POST", "/auth/login", {
    body: { login: username, password, ...(device ? { device } : {}) },
  });
  expect(status).toBe(200);
  return {
    id: body.user.id,
    username,
    password,
    deviceId: body.deviceId,
    token: body.accessToken,
    refreshToken: body.refreshToken,
    call: (method, path, data, headers) =>
      rest(target, method, path, {
        token: body.accessToken,
        ...(data === undefined ? {} : { body: data }),
        ...(headers ? { headers } : {}),
      }),
  };
}

export const anotherDevice = (target: Target, person: Person) => signIn(target, person.username, person.password);

/** Asserts an RFC 9457 answer. */
export function expectProblem(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, code: reply.body?.code }).toEqual({ status, code });
  expect(reply.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(reply.body).toMatchObject({ type: expect.any(String), title: expect.any(String), status, detail: expect.any(String) });
}

/** The direct conversation of two people, opened over REST. */
export async function directBetween(a: Person, b: Person): Promise<string> {
  const { body } = await a.call("POST", "/conversations", { userId: b.id });
  return body.id;
}

/** A group that `owner` makes with the others. */
export async function groupOf(owner: Person, ...others: Person[]): Promise<string> {
  const { status, body } = await owner.call("POST", "/groups", { name: "A group", memberIds: others.map((p) => p.id) });
  expect(status).toBe(201);
  return body.conversation.id;
}

/** Sends a text over REST and answers its entry. */
export async function say(person: Person, conversationId: string, content: string): Promise<Json> {
  const { status, body } = await person.call("POST", `/conversations/${conversationId}/messages`, {
    clientMsgId: newKey(),
    content,
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}
