import type { Params, Returns } from "../../contracts/caller.ts";
import { ConflictError, ForbiddenError, UnauthenticatedError, ValidationError } from "../../contracts/errors.ts";
import { username as usernameSchema } from "../../contracts/rest/auth.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { type Account, meView, openToAll } from "../../domain/account/account.ts";
import { loginName } from "../../domain/account/names.ts";
import { type Accounts, NameTaken } from "../../stores/accounts/accounts.ts";
import type { Deps } from "../deps.ts";
import type { Attempts } from "./attempts.ts";
import { type Passwords, refuseCommon } from "./passwords.ts";

/** Who somebody is, by what only that person knows. */
export class Credentials {
  readonly #deps: Deps;
  readonly #accounts: Accounts;
  readonly #passwords: Passwords;
  readonly #attempts: Attempts;

  constructor(deps: Deps, parts: { accounts: Accounts; passwords: Passwords; attempts: Attempts }) {
    this.#deps = deps;
    this.#accounts = parts.accounts;
    this.#passwords = parts.passwords;
    this.#attempts = parts.attempts;
  }

  async register({ password, ip, ...names }: Params<"auth.register">): Promise<Returns<"auth.register">> {
    const username = normalUsername(names.username);
    refuseCommon(password);
    await this.#attempts.countRegistration(ip);
    const account: Account = {
      id: this.#deps.newId(),
      username,
      email: names.email,
      emailVerified: false,
      phone: names.phone,
      phoneVerified: false,
      passwordHash: await this.#passwords.hash(password),
      displayName: names.displayName ?? username,
      privacy: openToAll,
      createdAt: new Date(this.#deps.clock.now()),
    };
    await this.#accounts.create(account).catch(rethrowConflict);
    const verification = { ...(account.email && { email: "sent" as const }), ...(account.phone && { phone: "sent" as const }) };
    return { user: meView(account), verification };
  }

  /** Whoever signs in with this. An unknown name and a wrong password fail alike. */
  async check(login: string, password: string, ip?: string): Promise<Account> {
    const account = await this.#attempts.guard(`login ${loginName(login).key}`, ip, async () => {
      const found = await this.#accounts.byLogin(login);
      const matches = await this.#passwords.matches(found?.erasedAt ? undefined : found?.passwordHash, password);
      return matches ? found : null;
    });
    if (!account) throw new UnauthenticatedError("Wrong login or password");
    return account;
  }

  async changePassword(viewer: Viewer, oldPassword: string, password: string): Promise<void> {
    refuseCommon(password);
    const right = await this.#attempts.guard(`user ${viewer.userId}`, undefined, async () => {
      const [account] = await this.#accounts.byIds([viewer.userId]);
      return (await this.#passwords.matches(account?.passwordHash, oldPassword)) || null;
    });
    if (!right) {
      throw new ForbiddenError("Wrong password", { errors: [{ path: "oldPassword", message: "is wrong" }] });
    }
    const hash = await this.#passwords.hash(password);
    await this.#accounts.setPasswordHash(viewer.userId, hash, new Date(this.#deps.clock.now()));
  }
}

/** Composed anew, a name may turn out to hold what a username may not. */
function normalUsername(given: string): string {
  const checked = usernameSchema.safeParse(given.normalize("NFKC"));
  if (!checked.success) throw ValidationError.at("username", checked.error.issues[0]?.message ?? "is not valid");
  return checked.data;
}

function rethrowConflict(error: unknown): never {
  if (!(error instanceof NameTaken)) throw error;
  throw new ConflictError(`The ${error.field} is taken`, { errors: [{ path: error.field, message: "is taken" }] });
}
