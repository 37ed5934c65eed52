import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { asyncApi } from "../../contracts/documents/asyncapi.ts";
import { openApi } from "../../contracts/documents/openapi.ts";
import { errorCodes, ValidationError } from "../../contracts/errors.ts";
import { apiPrefix, type RouteName, routeContract, routes } from "../../contracts/rest/index.ts";
import { clientEvents, serverEvents } from "../../contracts/socket-events.ts";
import { type Edge, startEdge } from "./edge.ts";

const addFormats = ajvFormats.default;
const names = Object.keys(routes) as RouteName[];
const openApiDocument = openApi({ version: "1.2.3" });
const asyncApiDocument = asyncApi({ version: "1.2.3", url: "https://chat.example" });

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

/** Every `$ref` in a document. */
function references(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === "$ref" ? [String(value)] : references(value)));
}

/** What `#/a/b` points to. */
const resolve = (document: unknown, reference: string): unknown =>
  reference
    .slice(2)
    .split("/")
    .reduce((node: unknown, key) => (node as Record<string, unknown> | undefined)?.[key], document);

/** A component of the OpenAPI document as a validator. */
function component(name: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false });
  addFormats(ajv);
  ajv.addSchema({ $id: "document", ...openApiDocument });
  return ajv.compile({ $ref: `document#/components/schemas/${name}` });
}

describe("the OpenAPI document", () => {
  const operations = Object.entries(openApiDocument.paths as Record<string, Record<string, Operation>>);
  interface Operation {
    operationId: string;
    security: unknown[];
    parameters?: { name: string; in: string; required: boolean }[];
    responses: Record<string, unknown>;
  }
  const operationOf = (name: RouteName): Operation | undefined => {
    const [method = "", path = ""] = name.split(" ");
    return Object.fromEntries(operations)[apiPrefix + path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
  };

  test("is served, and valid OpenAPI 3.1", async () => {
    const answer = await fetch(`${edge.url}/api/openapi.json`);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const document = (await answer.json()) as typeof openApiDocument;
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  });

  test("is not sent again to who has it", async () => {
    const etag = (await fetch(`${edge.url}/api/openapi.json`)).headers.get("etag") ?? "";
    const again = await fetch(`${edge.url}/api/openapi.json`, { headers: { "If-None-Match": etag } });
    expect(again.status).toBe(304);
  });

  test("offers an Idempotency-Key where one is kept", () => {
    const withKey = names.filter((name) => operationOf(name)?.parameters?.some(({ name }) => name === "Idempotency-Key"));
    expect(withKey).toEqual(["POST /auth/register", "POST /groups", "POST /groups/:id/members", "POST /conversations"]);
  });

  test.each(names)("has %s, with its parameters, statuses and who may call it", (name) => {
    const { auth, status, alsoStatus, params, query } = routeContract(name);
    const operation = operationOf(name);
    expect(operation?.security).toEqual(auth === "bearer" ? [{ bearer: [] }] : []);
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      expect.arrayContaining([String(status), ...(alsoStatus ? [String(alsoStatus)] : []), "default"]),
    );
    const parameters = (operation?.parameters ?? []).filter((p) => p.in !== "header").map((p) => p.name);
    expect(parameters).toEqual([...Object.keys(params?.shape ?? {}), ...Object.keys(query?.shape ?? {})]);
  });

  test("has the event stream, the probes and itself", () => {
    for (const path of [`${apiPrefix}/events`, "/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/asyncapi.json"]) {
      expect(openApiDocument.paths).toHaveProperty([path, "get"]);
    }
  });

  test("names each operation once", () => {
    const ids = operations.flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(names.length + 6);
  });

  test("has what each reference points to", () => {
    const missing = references(openApiDocument).filter((reference) => resolve(openApiDocument, reference) === undefined);
    expect(missing).toEqual([]);
  });

  test("says of a query what it stands for, and what may be left out", () => {
    const parameters = operationOf("GET /users")?.parameters;
    expect(parameters).toContainEqual(expect.objectContaining({ name: "q", required: true }));
    const limit = { type: "integer", minimum: 1, maximum: 200, default: 50 };
    expect(parameters).toContainEqual({ name: "limit", in: "query", required: false, schema: limit });
  });

  test("describes the problems that are sent", () => {
    const isProblem = component("Problem");
    expect(isProblem(ValidationError.at("device.name", "is empty").toProblem())).toBe(true);
    expect(isProblem({ ...ValidationError.at("a", "b").toProblem(), code: "UNKNOWN" })).toBe(false);
    for (const { status } of Object.values(errorCodes)) {
      expect(openApiDocument.components.responses).toHaveProperty(`Problem${status}`);
    }
  });

  test("takes what the server takes: unknown fields and left out defaults", () => {
    const isMessage = component("OutgoingMessage");
    expect(isMessage({ clientMsgId: "a", content: "hi", from: "another version" })).toBe(true);
    expect(isMessage({ clientMsgId: "a", content: 7 })).toBe(false);
    expect(isMessage({ clientMsgId: "a", content: "hi", metadata: { deep: [{ er: null }] } })).toBe(true);
  });
});

describe("the AsyncAPI document", () => {
  const channel = (id: string) => resolve(asyncApiDocument, `#/channels/${id}/messages`) as Record<string, { name: string }>;

  test("is served, and valid AsyncAPI 3.0", async () => {
    const answer = await fetch(`${edge.url}/api/asyncapi.json`);
    const schema = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0.json");
    const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
    addFormats(ajv);
    const isAsyncApi = ajv.compile(JSON.parse(readFileSync(schema, "utf8")));
    for (const document of [await answer.json(), asyncApiDocument]) {
      expect(document).toMatchObject({ asyncapi: "3.0.0" });
      isAsyncApi(document);
      expect(isAsyncApi.errors).toBeNull();
    }
  });

  test.each(["socketIo", "webSocket"])("has every event of %s, with the acknowledgement of each a client sends", (id) => {
    const events = Object.entries(channel(id)).map(([key, { name }]) => `${key.split(".")[1]} ${name}`);
    const expected = [
      ...Object.keys(clientEvents).flatMap((event) => [`up ${event}`, `ack ${event}`]),
      ...Object.keys(serverEvents).map((event) => `down ${event}`),
    ];
    expect(events.toSorted()).toEqual(expected.toSorted());
  });

  test("has what the event stream tells, and nothing to send up it", () => {
    expect(Object.values(channel("eventStream")).map(({ name }) => name)).toEqual(Object.keys(serverEvents));
  });

  test("has what each reference points to", () => {
    const missing = references(asyncApiDocument).filter((reference) => resolve(asyncApiDocument, reference) === undefined);
    expect(missing).toEqual([]);
  });

  test("shows a frame of a plain WebSocket as it goes over the wire", () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats(ajv);
    ajv.addSchema({ $id: "document", ...asyncApiDocument });
    const payload = (key: string) => ajv.compile({ $ref: `document#/channels/webSocket/messages/${key}/payload` });
    expect(payload("typing.up")({ id: 1, event: "typing", data: { conversationId: "c", state: "start" } })).toBe(true);
    expect(payload("typing.up")({ id: 1, event: "sync", data: { conversationId: "c", state: "start" } })).toBe(false);
    expect(payload("typing.ack")({ id: 1, ok: true, data: {} })).toBe(true);
    expect(payload("typing.ack")({ id: 1, ok: false, error: { code: "FORBIDDEN", message: "no" } })).toBe(true);
    expect(payload("typing.ack")({ id: 1, ok: false })).toBe(false);
    expect(payload("heads.down")({ event: "heads", data: { c: 3 } })).toBe(true);
  });
});
