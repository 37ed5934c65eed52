import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { DeviceRow } from "../../stores/accounts/devices.ts";
import { derive, type SigningKey, type SigningKeys } from "./signing-keys.ts";

/**
 * A refresh token is `<device>.<secret>.<tag>`, opaque to clients. Only its hash is kept. The tag, made with a
 * signing key from device, sign-in and secret, tells a token that was spent from one that never was, without
 * keeping the spent ones; it proves nothing else.
 */
export type RefreshToken = string;

export const hashOf = (token: RefreshToken): string => createHash("sha256").update(token).digest("base64url");

export const newFamily = (): string => randomBytes(16).toString("base64url");

type Holder = Pick<DeviceRow, "id" | "family">;

export const randomToken = (key: SigningKey, holder: Holder): RefreshToken => tokenOf(key, holder, randomBytes(32));

/** The token that follows `spent` at a client's `requestId`: the same each time it is asked for. */
export const tokenAfter = (key: SigningKey, holder: Holder, spent: RefreshToken, requestId: string): RefreshToken =>
  tokenOf(key, holder, derive(key, "refresh", spent, requestId));

/** The id of the access token that goes with a refresh token. */
export const tokenId = (key: SigningKey, token: RefreshToken): string =>
  derive(key, "jti", token).subarray(0, 16).toString("base64url");

/** The device that a token names; undefined if it is no refresh token. */
export function deviceOf(token: RefreshToken): string | undefined {
  return /^([\w-]+)\.[\w-]+\.[\w-]+$/.exec(token)?.[1];
}

/** Whether one of the keys made this token for the device's present sign-in. */
export function isGenuine(keys: SigningKeys, holder: Holder, token: RefreshToken): boolean {
  const [, secret = "", tag = ""] = token.split(".");
  const given = Buffer.from(tag, "base64url");
  return keys.all.some((key) => {
    const made = tagOf(key, holder, secret);
    return given.length === made.length && timingSafeEqual(given, made);
  });
}

function tokenOf(key: SigningKey, holder: Holder, random: Buffer): RefreshToken {
  const secret = random.toString("base64url");
  return `${holder.id}.${secret}.${tagOf(key, holder, secret).toString("base64url")}`;
}

const tagOf = (key: SigningKey, { id, family }: Holder, secret: string): Buffer =>
  derive(key, "tag", id, family, secret).subarray(0, 16);
