import type { IncomingMessage } from "node:http";
import { UnauthenticatedError } from "../../../contracts/errors.ts";

const bearer = /^Bearer +([\w.~+/=-]{1,4096})$/i;

/** The token of the Authorization header; UNAUTHENTICATED if there is none, or something else. */
export function bearerToken(req: IncomingMessage): string {
  const { authorization } = req.headers;
  if (!authorization) throw new UnauthenticatedError("an access token is needed");
  const token = bearer.exec(authorization)?.[1];
  if (!token) throw new UnauthenticatedError("the Authorization header is not `Bearer <accessToken>`");
  return token;
}
