import jwt from "jsonwebtoken";
import { uuidv7 } from "uuidv7";

/** What the engine under measurement signs tokens with, so that they can be made here. */
export const SECRET = "bench:a-secret-for-measurements-only";
const DAY = 86_400;

export interface Person {
  userId: string;
  deviceId: string;
}

export function people(count: number): Person[] {
  return Array.from({ length: count }, () => ({ userId: uuidv7(), deviceId: uuidv7() }));
}

/** An access token, as logging in would give. */
export function tokenOf({ userId, deviceId }: Person): string {
  const iat = Math.floor(Date.now() / 1000);
  const [keyid = "", secret = ""] = SECRET.split(":");
  return jwt.sign({ sub: userId, did: deviceId, iat, exp: iat + DAY, jti: deviceId }, secret, { algorithm: "HS256", keyid });
}
