import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config.ts";

export interface SigningKey {
  kid: string;
  secret: string;
  /** The secret, ready for use: a library that is given text looks first whether it is a certificate. */
  object: KeyObject;
}

/** The secrets behind access and refresh tokens. The first signs; all of them are good. */
export class SigningKeys {
  readonly #keys: SigningKey[];

  /** Never empty. */
  constructor(keys: SigningKey[]) {
    this.#keys = keys;
  }

  /** From JWT_SECRET, or from DATA_DIR/secret, which is made once. */
  static load(config: Config): SigningKeys {
    return new SigningKeys(parseKeys(config.jwtSecret ?? secretIn(config.dataDir)));
  }

  get signing(): SigningKey {
    return this.#keys[0] as SigningKey;
  }

  get all(): readonly SigningKey[] {
    return this.#keys;
  }

  find(kid: string): SigningKey | undefined {
    return this.#keys.find((key) => key.kid === kid);
  }
}

/** A key's own answer to `purpose` and `parts`: what only its holder can make, the same every time. */
export function derive(key: SigningKey, purpose: string, ...parts: string[]): Buffer {
  return createHmac("sha256", key.object)
    .update(JSON.stringify([purpose, ...parts]))
    .digest();
}

const LISTED = /^([\w-]{1,32}):(.{16,})$/;

/** `kid:secret,kid:secret`, or one plain secret, whose kid is then a hash of it. */
export function parseKeys(setting: string): SigningKey[] {
  const listed = setting.split(",").map((part) => LISTED.exec(part.trim()));
  if (listed.every((match) => match !== null)) {
    return listed.map(([, kid = "", secret = ""]) => signingKey(kid, secret));
  }
  const kid = createHash("sha256").update(`kid:${setting}`).digest("hex").slice(0, 8);
  return [signingKey(kid, setting)];
}

const signingKey = (kid: string, secret: string): SigningKey => ({ kid, secret, object: createSecretKey(secret, "utf8") });

/** Reads the secret, or makes it first. Of several processes that make it at once one wins, and all read that one. */
function secretIn(dataDir: string): string {
  const file = join(dataDir, "secret");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8").trim();
}
