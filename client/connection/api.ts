import type { z } from "zod";
import type { Problem } from "../../contracts/errors.ts";
import type { RouteAnswer, RouteName, routes } from "../../contracts/rest/index.ts";
import { RequestError } from "./request-error.ts";

type Row<N extends RouteName> = (typeof routes)[N];
type Part<N extends RouteName, K extends string> =
  Row<N> extends { [P in K]: infer S extends z.ZodType } ? z.input<S> : undefined;
type Query<T> = { [K in keyof T]: T[K] | number };
/** A query whose every parameter may be left out may be left out whole. */
type Optional<T> = Partial<T> extends T ? T | undefined : T;
/** Keys whose value may be left out are optional. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: T[K];
};

/** What a row of the REST table takes: its path parameters, query and body, as the contract has them. */
export type RouteRequest<N extends RouteName> = Given<{
  params: Part<N, "params">;
  query: Part<N, "query"> extends undefined ? undefined : Optional<Query<Part<N, "query">>>;
  body: Part<N, "body">;
}>;

/** A call that needs nothing may be given nothing. */
export type CallArguments<N extends RouteName> =
  Partial<RouteRequest<N>> extends RouteRequest<N>
    ? [request?: RouteRequest<N>, options?: CallOptions]
    : [request: RouteRequest<N>, options?: CallOptions];

type Parts = { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown };

/** How one call is to be made. */
export interface CallOptions {
  /** Kept by the server for 24 h: the same POST under the same key is done once. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Whom a call is made as. */
export interface TokenSource {
  /** A token that is good for a while yet; `fresh` asks for one newer than the last. */
  accessToken(options?: { fresh?: boolean }): Promise<string>;
}

const callTimeoutMs = 15_000;

/** The REST side, one row of the contract a call. */
export class Api {
  readonly #base: string;
  readonly #fetch: typeof fetch;

  constructor(url: string, doFetch: typeof fetch) {
    this.#base = `${url}/api/v1`;
    this.#fetch = doFetch;
  }

  /** Rejects with a RequestError. A call whose token is too old is made again with a new one. */
  async call<N extends RouteName>(
    name: N,
    request: RouteRequest<N> | undefined,
    tokens?: TokenSource,
    options: CallOptions = {},
  ): Promise<RouteAnswer<N>> {
    const once = async (fresh: boolean) =>
      this.#once(name, (request ?? {}) as Parts, await tokens?.accessToken({ fresh }), options);
    try {
      return (await once(false)) as RouteAnswer<N>;
    } catch (error) {
      if (!tokens || !(error instanceof RequestError) || error.code !== "TOKEN_EXPIRED") throw error;
      return (await once(true)) as RouteAnswer<N>;
    }
  }

  async #once(name: RouteName, parts: Parts, token: string | undefined, options: CallOptions): Promise<unknown> {
    const [method, path = ""] = name.split(" ");
    const limit = AbortSignal.timeout(callTimeoutMs);
    const response = await this.#fetch(this.#base + fill(path, parts), {
      method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(parts.body !== undefined && { "Content-Type": "application/json" }),
        ...(options.idempotencyKey !== undefined && { "Idempotency-Key": options.idempotencyKey }),
      },
      body: parts.body === undefined ? undefined : JSON.stringify(parts.body),
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
    }).catch((error: unknown) => Promise.reject(unreachable(error)));
    if (response.status === 204) return undefined;
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer;
    throw refusal(response, answer as Partial<Problem> | undefined);
  }
}

function fill(path: string, { params = {}, query = {} }: Parts): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return given.length ? `${filled}?${new URLSearchParams(given)}` : filled;
}

function unreachable(error: unknown): RequestError {
  const timedOut = error instanceof DOMException && error.name === "TimeoutError";
  return new RequestError(timedOut ? "TIMEOUT" : "DISCONNECTED", "the server cannot be reached");
}

/** A proxy's error page is no problem document: its status has to do. */
function refusal({ status }: Response, problem: Partial<Problem> | undefined): RequestError {
  const code = problem?.code ?? (status === 429 ? "RATE_LIMITED" : status >= 500 ? "UNAVAILABLE" : "VALIDATION");
  return new RequestError(code, problem?.detail ?? `the server answered ${status}`, problem);
}
