import jwt from "jsonwebtoken";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../contracts/clock.ts";
import { TokenExpiredError, UnauthenticatedError } from "../../contracts/errors.ts";
import type { VerifiedToken } from "../../contracts/services/auth.ts";
import type { Revocations } from "./revocations.ts";
import type { SigningKey, SigningKeys } from "./signing-keys.ts";

interface Claims {
  userId: string;
  deviceId: string;
  /** Seconds since 1970. */
  issuedAt: number;
  jti: string;
}

interface Checked extends VerifiedToken {
  issuedAt: number;
}

/** Room for the tokens of the users that are busy at one time, some 500 bytes each. */
const REMEMBERED = 20_000;

/** Short-lived signed tokens: who the bearer is, on which device. Checked from memory, without any I/O. */
export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #revocations: Revocations;
  readonly #clock: Clock;
  readonly #seconds: number;
  /** Tokens whose signature was found good. Whether they are too old or revoked is asked each time. */
  readonly #good = new LRUCache<string, Checked>({ max: REMEMBERED });

  constructor(keys: SigningKeys, revocations: Revocations, clock: Clock, seconds: number) {
    this.#keys = keys;
    this.#revocations = revocations;
    this.#clock = clock;
    this.#seconds = seconds;
  }

  /** The same claims and key make the same token. */
  issue({ userId, deviceId, issuedAt, jti }: Claims, key: SigningKey = this.#keys.signing): string {
    const payload = { sub: userId, did: deviceId, iat: issuedAt, exp: issuedAt + this.#seconds, jti };
    return jwt.sign(payload, key.object, { algorithm: "HS256", keyid: key.kid });
  }

  /** UNAUTHENTICATED for what is forged or revoked, TOKEN_EXPIRED for what is only old. */
  verify(token: string): VerifiedToken {
    const { issuedAt, ...verified } = this.#good.get(token) ?? this.#check(token);
    if (this.#revocations.covers(verified.deviceId, issuedAt)) {
      throw new UnauthenticatedError("The device was signed out", { revoked: true });
    }
    if (this.#clock.now() >= verified.expiresAt) throw new TokenExpiredError();
    return verified;
  }

  #check(token: string): Checked {
    const claims = this.#claims(token);
    if (!claims) throw new UnauthenticatedError("The access token is not valid");
    this.#good.set(token, claims);
    return claims;
  }

  #claims(token: string): Checked | undefined {
    try {
      const key = this.#keys.find(jwt.decode(token, { complete: true })?.header.kid ?? "");
      if (!key) return undefined;
      const { sub, did, iat, exp } = jwt.verify(token, key.object, {
        algorithms: ["HS256"],
        ignoreExpiration: true,
      }) as jwt.JwtPayload;
      if (typeof sub !== "string" || typeof did !== "string" || iat === undefined || exp === undefined) return undefined;
      return { userId: sub, deviceId: did, issuedAt: iat, expiresAt: exp * 1000 };
    } catch {
      return undefined;
    }
  }
}
