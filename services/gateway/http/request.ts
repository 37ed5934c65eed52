import type { IncomingMessage, ServerResponse } from "node:http";
import { ValidationError } from "../../../contracts/errors.ts";
import type { Answer } from "./idempotent-answers.ts";

/** A request as moleculer-web hands it to an alias: its body read but not parsed, its path split. */
export interface EdgeRequest extends IncomingMessage {
  originalUrl: string;
  body?: Buffer;
  $params: { params?: Record<string, string> };
}

export type EdgeHandler = (req: EdgeRequest, res: ServerResponse) => Promise<void> | void;

/** The query of a URL; a name that is given twice has a list as its value. VALIDATION for malformed encoding. */
export function queryOf(url: string): Record<string, string | string[]> {
  const start = url.indexOf("?");
  if (start < 0) return {};
  const search = url.slice(start + 1);
  try {
    decodeURIComponent(search);
  } catch {
    throw new ValidationError("the query is not well encoded");
  }
  const query = new URLSearchParams(search);
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, single(query.getAll(name))]));
}

const single = (values: string[]) => (values.length === 1 ? (values[0] as string) : values);

export function sendAnswer(res: ServerResponse, { status, json }: Answer): void {
  res.setHeader("Cache-Control", "no-store");
  if (json === undefined) return void res.writeHead(status).end();
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(json));
  res.writeHead(status).end(json);
}

/** Aborted when the client goes away before its answer is complete. */
export function goneSignal(res: ServerResponse): AbortSignal {
  const gone = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
}
