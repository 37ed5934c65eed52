import type { IncomingMessage } from "node:http";
import { type RouteInput, type RouteName, routeContract, takesIdempotencyKey } from "../../../contracts/rest/index.ts";
import type { RouteContract } from "../../../contracts/rest/route.ts";
import type { VerifiedToken } from "../../../contracts/services/auth.ts";
import { validate } from "../../../contracts/validate.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import { bearerToken } from "./bearer.ts";
import { jsonBody } from "./body.ts";
import { Already, type Handler, type Handlers } from "./handler.ts";
import { type Answer, type IdempotentAnswers, idempotencyKey, keyedRequest } from "./idempotent-answers.ts";
import { type EdgeHandler, type EdgeRequest, goneSignal, queryOf, sendAnswer } from "./request.ts";
import type { UnsentAnswers } from "./unsent-answers.ts";

export interface DispatchParts {
  handlers: Handlers;
  /** Whose token this is; UNAUTHENTICATED, TOKEN_EXPIRED. */
  verify(token: string): Promise<VerifiedToken>;
  addressOf(req: IncomingMessage): string;
  answers: IdempotentAnswers;
  unsent: UnsentAnswers;
}

/** Runs one row of the REST table for a request: who asks, for what, once, and the answer. */
export function dispatch<N extends RouteName>(name: N, parts: DispatchParts): EdgeHandler {
  const contract = routeContract(name);
  const handler: Handler<N> = parts.handlers[name];
  return async (req, res) => {
    const viewer = contract.auth === "bearer" ? viewerOf(await parts.verify(bearerToken(req))) : undefined;
    // What is written is written, however its answer fares.
    if (viewer && req.method === "GET") parts.unsent.mustHaveRoom(viewer.userId);
    const input = inputOf(contract, req);
    const key = takesIdempotencyKey(name) ? idempotencyKey(req.headers["idempotency-key"]) : undefined;
    const request = key === undefined ? undefined : keyedRequest(ownerOf(viewer, input.body), key, name, input);
    const context = { viewer, ip: parts.addressOf(req), signal: goneSignal(res), requestId: request?.fingerprint };
    // The row's own schemas made the input, and its `auth` the viewer.
    const reply = () => handler(input as RouteInput<N>, context as Parameters<Handler<N>>[1]);
    const run = async () => answerOf(contract, await reply());
    const answer = await (request ? parts.answers.once(request, run) : run());
    if (viewer && answer.json) parts.unsent.add(viewer.userId, answer.json.length, res);
    sendAnswer(res, answer);
  };
}

const viewerOf = ({ userId, deviceId }: VerifiedToken): Viewer => ({ userId, deviceId });

function inputOf({ params, query, body }: RouteContract, req: EdgeRequest) {
  return {
    params: params && validate(params, req.$params.params ?? {}),
    query: query && validate(query, queryOf(req.originalUrl)),
    body: body && validate(body, jsonBody(req.body, req.headers["content-type"])),
  };
}

function answerOf({ status, alsoStatus }: RouteContract, reply: unknown): Answer {
  if (status === 204) return { status };
  if (reply instanceof Already) return { status: alsoStatus ?? status, json: JSON.stringify(reply.answer) };
  return { status, json: JSON.stringify(reply) };
}

/** The POSTs that make something. Messages have their clientMsgId, and the rest may be repeated as it is. */
/** Who registers has no account yet, but a name that it asks for. */
const ownerOf = (viewer: Viewer | undefined, body: unknown) =>
  viewer?.userId ?? `username:${(body as { username?: string } | undefined)?.username ?? ""}`;
