import { z } from "zod";
import { errorCodes } from "../errors.ts";
import { apiPrefix, type RouteName, routeContract, routes, takesIdempotencyKey } from "../rest/index.ts";
import type { RouteContract } from "../rest/route.ts";
import { type About, Components, type JsonSchema, plain } from "./components.ts";
import { problem } from "./errors.ts";
import { otherPaths } from "./other-paths.ts";

/** The REST side of the contract as OpenAPI 3.1. */
export function openApi({ version, url = "/" }: About) {
  const components = new Components();
  const paths = restPaths(components);
  return {
    openapi: "3.1.1",
    info: {
      title: "Switchboard",
      version,
      description: "A chat engine. Sockets and Server-Sent Events are in the AsyncAPI document, at /api/asyncapi.json.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url }],
    paths: { ...paths, ...otherPaths },
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      responses: problems(components),
      schemas: components.schemas(),
    },
  };
}

function restPaths(components: Components): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(routes) as RouteName[]) {
    const [method = "", path = ""] = name.split(" ");
    const at = `${apiPrefix}${path.replace(/:(\w+)/g, "{$1}")}`;
    (paths[at] ??= {})[method.toLowerCase()] = {
      tags: path.split("/").slice(1, 2),
      ...operation(operationId(method, path), name, components),
    };
  }
  return paths;
}

/** `GET /users/:id/presence` → `getUsersByIdPresence`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[/_-]/).filter(Boolean);
  return method.toLowerCase() + words.map((w) => (w.startsWith(":") ? `By${capital(w.slice(1))}` : capital(w))).join("");
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function operation(id: string, name: RouteName, components: Components) {
  const contract = routeContract(name);
  const { summary, auth, params, query, body } = contract;
  const parameters = [...parametersOf("path", params), ...parametersOf("query", query)];
  if (takesIdempotencyKey(name)) parameters.push(idempotencyKey);
  return {
    operationId: id,
    summary,
    security: auth === "bearer" ? [{ bearer: [] }] : [],
    ...(parameters.length && { parameters }),
    ...(body && { requestBody: { required: true, content: json(components.ref(body, `${capital(id)}Body`)) } }),
    responses: { ...successes(id, contract, components), ...failures(contract) },
  };
}

const json = (schema: JsonSchema) => ({ "application/json": { schema } });

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "Repeated within 24 hours with the same key and body, the request is answered as it was the first time.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

/** A query is read from text: what must be there is said by its input, what it stands for by its output. */
function parametersOf(where: "path" | "query", schema: z.ZodObject | undefined): Parameter[] {
  if (!schema) return [];
  const { properties = {} } = z.toJSONSchema(schema, { io: "output", override: plain });
  const { required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: required.includes(name),
    schema: property as JsonSchema,
  }));
}

function successes(id: string, { status, alsoStatus, answer }: RouteContract, components: Components) {
  const content = answer && { content: json(components.ref(answer, `${capital(id)}Answer`)) };
  const already = alsoStatus && { [alsoStatus]: { description: "It was there already", ...content } };
  return { ...already, [status]: { description: statusText[status], ...content } };
}

const statusText = { 200: "Done", 201: "Made", 204: "Done, and there is nothing to say" } as const;

/** What any such request can meet; the rest is `default`. */
function failures({ auth, params, query, body }: RouteContract) {
  const statuses = [
    ...(auth === "bearer" ? [401] : []),
    ...(params ? [404] : []),
    ...(body ? [413] : []),
    ...(params || query || body ? [422] : []),
    429,
    503,
  ];
  const listed = statuses.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]);
  return { ...Object.fromEntries(listed), default: { $ref: "#/components/responses/Problem" } };
}

/** One response a status, and `Problem` for any. */
function problems(components: Components) {
  const content = { "application/problem+json": { schema: components.ref(problem, "Problem") } };
  const retryAfter = { headers: { "Retry-After": { description: "seconds", schema: { type: "integer" } } } };
  const byStatus = Object.entries(Object.groupBy(Object.values(errorCodes), ({ status }) => status)).map(
    ([status, codes = []]) => [
      `Problem${status}`,
      { description: codes.map(({ title }) => title).join("; "), ...(codes.some((c) => c.retryable) && retryAfter), content },
    ],
  );
  return { Problem: { description: "It failed; `code` says how", content }, ...Object.fromEntries(byStatus) };
}
