import { isDeepStrictEqual } from "node:util";
import type { ServiceSchema } from "moleculer";
import type { Params, Returns } from "../../contracts/caller.ts";
import { NotFoundError } from "../../contracts/errors.ts";
import { serviceSchema } from "../../contracts/service.ts";
import type { User } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import { type Account, meView, publicView } from "../../domain/account/account.ts";
import { searchWords } from "../../domain/account/names.ts";
import { decodeCursor, pageOf } from "../../domain/paging/cursor.ts";
import { type Accounts, accounts as accountsOn } from "../../stores/accounts/accounts.ts";
import { SeenTimes } from "../../stores/accounts/seen-times.ts";
import type { Deps } from "../deps.ts";
import { KnownUsers } from "./known-users.ts";
import { tellOtherDevices } from "./profile-change.ts";

/** Profiles, and finding people. */
export function usersService(deps: Deps): ServiceSchema {
  const { clock } = deps;
  const logger = deps.logger("users");
  let accounts: Accounts;
  let known: KnownUsers;
  let seen: SeenTimes;

  return serviceSchema<"users">({
    name: "users",
    actions: {
      me: async ({ viewer }) => meView(await own(accounts, viewer)),
      async updateMe({ viewer, patch }) {
        const before = meView(await own(accounts, viewer));
        const changed = await accounts.update(viewer.userId, patch, new Date(clock.now()));
        if (!changed) throw new NotFoundError();
        const me = meView(changed);
        if (isDeepStrictEqual(before, me)) return me;
        known.drop(viewer.userId);
        deps.caller.broadcast("user.changed", { userId: viewer.userId, me, deviceId: viewer.deviceId });
        await tellOtherDevices(deps.caller, viewer, me).catch((error) => logger.warn("a profile change was not told:", error));
        return me;
      },
      get: ({ viewer, userId }) => getUser(accounts, known, viewer, userId),
      search: (params) => search(accounts, params),
      resolve: ({ userIds }) => known.resolve(userIds),
      find: ({ user }) => find(accounts, user),
      seen: ({ userId, at }) => seen.mark(userId, at),
    },
    events: {
      "user.changed": ({ userId }) => known.drop(userId),
    },
    async started() {
      accounts = accountsOn(await deps.stores.sql());
      known = new KnownUsers(clock, (ids) => accounts.byIds(ids));
      seen = new SeenTimes(
        clock,
        (rows) => accounts.seen(rows),
        (error) => logger.warn("times of last seen were lost:", error),
      );
    },
    async stopped() {
      await seen?.stop();
    },
  });
}

async function own(accounts: Accounts, viewer: Viewer): Promise<Account> {
  const [account] = await accounts.byIds([viewer.userId]);
  if (!account) throw new NotFoundError();
  return account;
}

async function getUser(accounts: Accounts, known: KnownUsers, viewer: Viewer, userId: string): Promise<User> {
  if (userId === viewer.userId) return userView(await own(accounts, viewer));
  const [found] = await known.resolve([userId]);
  if (!found) throw new NotFoundError();
  return found.user;
}

async function find(accounts: Accounts, user: string): Promise<User> {
  const account = (await accounts.byIds([user]))[0] ?? (await accounts.byLogin(user));
  if (!account) throw new NotFoundError(`there is no user ${user}`);
  return userView(account);
}

/** Oneself as a user: the own photo is always to be seen. */
const userView = (account: Account): User => publicView({ ...account, privacy: { ...account.privacy, photo: "everyone" } });

async function search(
  accounts: Accounts,
  { viewer, q, limit, cursor }: Params<"users.search">,
): Promise<Returns<"users.search">> {
  const found = await accounts.search({
    words: searchWords(q),
    except: viewer.userId,
    after: decodeCursor(cursor, 2),
    limit: limit + 1,
  });
  return pageOf(
    found,
    limit,
    ({ term, account }) => [term, account.id],
    ({ account }) => publicView(account),
  );
}
