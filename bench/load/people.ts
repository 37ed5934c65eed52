import jwt from "jsonwebtoken";
import { uuidv7 } from "uuidv7";

/** What the engine under measurement signs tokens with, so that they can be made here. */
export const SECRET = "bench:a-secret-for-measurements-only";
const DAY = 86_400;

export interface Person {
  userId: string;
  deviceId: string;
  /** Its place among those it was made with: neighbours are on different nodes of a cluster. */
  place: number;
}

export function people(count: number): Person[] {
  return Array.from({ length: count }, (_, place) => ({ userId: uuidv7(), deviceId: uuidv7(), place }));
}

/** An access token, as logging in would give. */
export function tokenOf({ userId, deviceId }: Pick<Person, "userId" | "deviceId">): string {
  const iat = Math.floor(Date.now() / 1000);
  const [keyid = "", secret = ""] = SECRET.split(":");
  return jwt.sign({ sub: userId, did: deviceId, iat, exp: iat + DAY, jti: deviceId }, secret, { algorithm: "HS256", keyid });
}
