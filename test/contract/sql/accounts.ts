import { beforeEach, describe, expect, test } from "@jest/globals";
import { type Account, openToAll } from "../../../domain/account/account.ts";
import { type Accounts, accounts as accountsOn } from "../../../stores/accounts/accounts.ts";
import type { Sql } from "../../../stores/sql.ts";

const createdAt = new Date("2026-01-02T03:04:05.678Z");

export function account(id: string, more: Partial<Account> = {}): Account {
  const unverified = { emailVerified: false, phoneVerified: false };
  return { id, username: id, ...unverified, displayName: id, privacy: openToAll, createdAt, ...more };
}

export function accountsContract(open: () => Sql): void {
  describe("accounts", () => {
    let accounts: Accounts;
    beforeEach(async () => {
      await open().query("DELETE FROM users");
      accounts = accountsOn(open());
    });

    test("are found by id and by each of their names, as they were made", async () => {
      const ada = account("u1", { username: "Ada", email: "Ada@example.org", phone: "+4915112345678", passwordHash: "#" });
      await accounts.create(ada);
      expect(await accounts.byIds(["u1", "nobody"])).toEqual([ada]);
      for (const login of ["ada", "ADA@EXAMPLE.ORG", "+4915112345678"]) expect(await accounts.byLogin(login)).toEqual(ada);
      expect(await accounts.byLogin("bob")).toBeNull();
    });

    test.each([
      ["username", { username: "ADA" }],
      ["email", { email: "ADA@example.org" }],
      ["phone", { phone: "+4915112345678" }],
    ])("a %s that is taken makes none", async (field, taken) => {
      await accounts.create(account("u1", { username: "ada", email: "ada@example.org", phone: "+4915112345678" }));
      await expect(accounts.create(account("u2", taken))).rejects.toMatchObject({ name: "NameTaken", field });
      expect(await accounts.byIds(["u2"])).toEqual([]);
    });

    test("of many with one name at once exactly one is made", async () => {
      const made = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => accounts.create(account(`u${i}`, { username: "ada" }))),
      );
      expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("a patch changes what it names, null removes, and nobody is changed who is not there", async () => {
      await accounts.create(account("u1", { displayName: "Ada" }));
      await accounts.update("u1", { avatarUrl: "a", statusMessage: "s", privacy: { search: "nobody" } }, createdAt);
      const changed = await accounts.update("u1", { displayName: "Countess", avatarUrl: null }, createdAt);
      const privacy = { ...openToAll, search: "nobody" as const };
      expect(changed).toMatchObject({ displayName: "Countess", avatarUrl: undefined, statusMessage: "s", privacy });
      expect(await accounts.update("u2", { displayName: "x" }, createdAt)).toBeNull();
    });

    test("patches of one account at once are all in it, and it is found by its last name only", async () => {
      await accounts.create(account("u1"));
      const names = ["Alpha", "Beta", "Gamma", "Delta"];
      await Promise.all([
        ...names.map((displayName) => accounts.update("u1", { displayName }, createdAt)),
        accounts.update("u1", { privacy: { readReceipts: false } }, createdAt),
      ]);
      const [now] = await accounts.byIds(["u1"]);
      expect(now?.privacy.readReceipts).toBe(false);
      const found = await Promise.all(
        names.map((name) => accounts.search({ words: [name.toLowerCase()], except: "", limit: 5 })),
      );
      expect(names.filter((_, i) => found[i]?.length)).toEqual([now?.displayName]);
    });

    test("are found by the beginnings of their words, page by page, but not those who do not want to be", async () => {
      await accounts.create(account("u1", { username: "ada", displayName: "Ada King" }));
      await accounts.create(account("u2", { username: "adam", displayName: "Adam Smith" }));
      await accounts.create(account("u3", { username: "adele", privacy: { ...openToAll, search: "nobody" } }));
      const found = async (words: string[], after?: string[], except = "") =>
        (await accounts.search({ words, except, after, limit: 1 })).map(({ account: { id }, term }) => [term, id]);
      expect(await found(["ad"])).toEqual([["ada", "u1"]]);
      expect(await found(["ad"], ["ada", "u1"])).toEqual([["adam", "u2"]]);
      expect(await found(["ad"], ["adam", "u2"])).toEqual([]);
      expect(await found(["ad", "smi"])).toEqual([["smith", "u2"]]);
      expect(await found(["ad"], undefined, "u1")).toEqual([["adam", "u2"]]);
    });

    test("the time somebody was seen never goes back, whoever writes it at once with others", async () => {
      const ids = Array.from({ length: 50 }, (_, i) => `u${i}`);
      for (const id of ids) await accounts.create(account(id));
      const at = (ms: number) => new Date(createdAt.getTime() + ms);
      const seen = (ms: number) => ids.map((id) => ({ id, at: at(ms) }));
      await Promise.all([1, 9, 5, 3].map((ms) => accounts.seen(ms % 2 ? seen(ms) : seen(ms).reverse())));
      await accounts.seen(seen(4).reverse());
      const times = (await accounts.byIds(ids)).map(({ lastSeenAt }) => lastSeenAt);
      expect(times).toEqual(ids.map(() => at(9)));
    });
  });
}
