import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Returns } from "../../contracts/caller.ts";
import { type Account, openToAll } from "../../domain/account/account.ts";
import { KnownUsers } from "../../services/users/known-users.ts";
import { usersService } from "../../services/users/users.service.ts";
import { accounts } from "../../stores/accounts/accounts.ts";
import { type ServiceBench, serviceBench } from "../service-bench.ts";

let bench: ServiceBench;
let queries: string[];

beforeAll(async () => {
  bench = await serviceBench([usersService], { stubs: { "conversations.noteProfile": () => {}, "fanout.publish": () => {} } });
});
beforeEach(async () => {
  await bench.database.sql.query("DELETE FROM users");
  for (const id of ["ada", "bob", "cyd"]) await person(id);
  bench.calls.length = 0;
  bench.events.length = 0;
});
afterAll(() => bench.stop());

const viewer = (userId: string) => ({ userId, deviceId: `${userId}-phone`, sessionId: `${userId}-socket` });
const patch = (userId: string, change: object) => bench.caller.call("users.updateMe", { viewer: viewer(userId), patch: change });
const get = (as: string, userId: string) => bench.caller.call("users.get", { viewer: viewer(as), userId });
const resolve = (...userIds: string[]) => bench.caller.call("users.resolve", { userIds });
const search = (q: string, more: { cursor?: string; limit?: number } = {}) =>
  bench.caller.call("users.search", { viewer: viewer("ada"), q, limit: 50, ...more });
const idsOf = ({ items }: Returns<"users.search">) => items.map(({ id }) => id).sort();

async function person(id: string, displayName = `${id} of somewhere`, username = id): Promise<void> {
  const names = { username, displayName, email: `${id}@example.org` };
  const flags = { emailVerified: false, phoneVerified: false, privacy: openToAll };
  await accounts(bench.database.sql).create({ id, ...names, ...flags, createdAt: new Date() });
  bench.caller.broadcast("user.changed", {
    userId: id,
    me: { id, ...names, verified: { email: false, phone: false }, privacy: openToAll },
  });
}

describe("my profile", () => {
  test("shows what only I may see", async () => {
    expect(await bench.caller.call("users.me", { viewer: viewer("ada") })).toEqual({
      id: "ada",
      username: "ada",
      displayName: "ada of somewhere",
      email: "ada@example.org",
      verified: { email: false, phone: false },
      privacy: openToAll,
    });
  });

  test("changes in what is given and keeps the rest; null removes", async () => {
    await patch("ada", { avatarUrl: "https://example.org/a.png", statusMessage: "here" });
    await patch("ada", { displayName: "Ada L.", privacy: { lastSeen: "nobody" } });
    const changed = await patch("ada", { statusMessage: null });
    expect(changed).toMatchObject({
      displayName: "Ada L.",
      avatarUrl: "https://example.org/a.png",
      privacy: { ...openToAll, lastSeen: "nobody" },
    });
    expect(changed).not.toHaveProperty("statusMessage");
    expect(await bench.caller.call("users.me", { viewer: viewer("ada") })).toEqual(changed);
  });

  test("changed, is told to all services and to my other devices", async () => {
    const me = await patch("ada", { displayName: "Ada L." });
    expect(bench.events).toEqual([{ name: "user.changed", payload: { userId: "ada", me, deviceId: "ada-phone" } }]);
    const signal = { type: "signal", event: "change", data: { op: "profile", user: me }, recipients: ["ada"] };
    const params = { items: [{ ...signal, exceptDevice: "ada-phone", exceptSession: "ada-socket" }] };
    expect(bench.calls).toEqual([
      { name: "conversations.noteProfile", params: { userId: "ada" } },
      { name: "fanout.publish", params },
    ]);
  });

  test("that stays as it is is told to nobody", async () => {
    await patch("ada", { displayName: "ada of somewhere" });
    await patch("ada", {});
    expect([bench.events, bench.calls]).toEqual([[], []]);
  });

  test("of nobody is NOT_FOUND", async () => {
    await expect(bench.caller.call("users.me", { viewer: viewer("nobody") })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(patch("nobody", { displayName: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(get("ada", "nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("another's profile", () => {
  test("shows no private field", async () => {
    expect(await get("ada", "bob")).toEqual({ id: "bob", username: "bob", displayName: "bob of somewhere" });
  });

  test("shows the photo to whom its owner shows it", async () => {
    const avatarUrl = "https://example.org/b.png";
    await patch("bob", { avatarUrl });
    expect((await get("ada", "bob")).avatarUrl).toBe(avatarUrl);
    await patch("bob", { privacy: { photo: "nobody" } });
    expect(await get("ada", "bob")).not.toHaveProperty("avatarUrl");
    expect((await get("bob", "bob")).avatarUrl).toBe(avatarUrl);
    expect((await search("bob")).items[0]).not.toHaveProperty("avatarUrl");
  });
});

describe("resolve", () => {
  test("answers those that exist, each once, in the order asked for", async () => {
    const found = await resolve("cyd", "nobody", "ada", "cyd");
    expect(found.map(({ user }) => user.id)).toEqual(["cyd", "ada"]);
    expect(found[0]).toMatchObject({ privacy: openToAll });
  });

  test("reads those it does not know in one query, and the others not at all", async () => {
    queries = [];
    const { sql } = bench.database;
    const query = sql.query.bind(sql);
    sql.query = (text: string, params?: unknown[]) => {
      queries.push(text);
      return query(text, params);
    };
    await Promise.all([resolve("ada", "bob"), resolve("bob", "ada")]);
    await resolve("bob", "ada");
    sql.query = query;
    expect(queries).toHaveLength(1);
  });

  test("sees a change at once, and one made on another node when its event comes", async () => {
    await resolve("bob");
    const node = await bench.another(usersService);
    await node.caller.call("users.updateMe", { viewer: viewer("bob"), patch: { displayName: "Bobby" } });
    const [stale] = await resolve("bob");
    expect(stale?.user.displayName).toBe("bob of somewhere");
    bench.caller.broadcast("user.changed", bench.events.at(-1)?.payload as never);
    expect((await resolve("bob"))[0]?.user.displayName).toBe("Bobby");
    await node.stop();
  });

  test("does not keep what was being read while the user changed", async () => {
    const answers: ((accounts: Account[]) => void)[] = [];
    const known = new KnownUsers(bench.clock, () => new Promise((resolve) => answers.push(resolve)));
    const [account] = await accounts(bench.database.sql).byIds(["bob"]);
    const before = known.resolve(["bob"]);
    known.drop("bob");
    const after = known.resolve(["bob"]);
    answers[1]?.([{ ...(account as Account), displayName: "Bobby" }]);
    answers[0]?.([account as Account]);
    await Promise.all([before, after]);
    expect((await known.resolve(["bob"]))[0]?.user.displayName).toBe("Bobby");
    expect(answers).toHaveLength(2);
  });

  test("asks again after a minute, in case an event got lost", async () => {
    await resolve("bob");
    await bench.database.sql.query("UPDATE users SET display_name = 'Bobby' WHERE id = 'bob'");
    bench.clock.turn(61_000);
    expect((await resolve("bob"))[0]?.user.displayName).toBe("Bobby");
  });
});

describe("seen", () => {
  test("is written for all together after a few seconds, the newest of each, never back", async () => {
    const seen = (userId: string, at: number) => bench.caller.call("users.seen", { userId, at });
    const now = bench.clock.now();
    await seen("bob", now + 2000);
    await seen("bob", now + 1000);
    await seen("cyd", now);
    bench.clock.turn(5000);
    await bench.database.sql.query("SELECT 1");
    bench.clock.turn(60_001);
    const times = (await resolve("bob", "cyd")).map(({ lastSeenAt }) => lastSeenAt);
    expect(times).toEqual([new Date(now + 2000).toISOString(), new Date(now).toISOString()]);
    await seen("bob", now);
    bench.clock.turn(5000);
    await bench.database.sql.query("SELECT 1");
    bench.clock.turn(60_001);
    expect((await resolve("bob"))[0]?.lastSeenAt).toBe(new Date(now + 2000).toISOString());
  });
});

describe("search", () => {
  beforeEach(async () => {
    await person("p1", "Anna-Lena Müller", "zed1");
    await person("p2", "Straße ÉMILE", "zed2");
    await person("p3", "Anna Anna Annabel", "anna.b");
    await person("p4", "李 小龍", "zed4");
  });

  test.each([
    ["anna", ["p1", "p3"]],
    ["ANNA", ["p1", "p3"]],
    ["ａｎｎａ", ["p1", "p3"]],
    ["anna-l", ["p1"]],
    ["lena", ["p1"]],
    ["mü", ["p1"]],
    ["émile", ["p2"]],
    ["müll anna", ["p1"]],
    ["anna nobody", []],
    ["zed", ["p1", "p2", "p4"]],
    ["小", ["p4"]],
    ["nna", []],
    ["%", []],
    ["_", []],
    ["   ", []],
    ["somewhere", ["bob", "cyd"]],
  ])("for %s finds %j by the beginnings of names, never oneself", async (q, ids) => {
    expect(idsOf(await search(q))).toEqual(ids);
  });

  test("gives each person once, a page at a time", async () => {
    for (let i = 0; i < 25; i++) await person(`q${i}`, `Quentin Quincy ${i}`, `q-${i}`);
    const found: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await search("q", { limit: 7, cursor });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      pages++;
    } while (cursor);
    expect(pages).toBe(4);
    expect(found).toHaveLength(25);
    expect(new Set(found).size).toBe(25);
  });

  test("does not find who does not want to be found, or is erased, and follows a new name", async () => {
    await patch("bob", { privacy: { search: "contacts" } });
    await bench.database.sql.query("UPDATE users SET erased_at = now() WHERE id = 'cyd'");
    expect(idsOf(await search("somewhere"))).toEqual([]);
    await patch("bob", { displayName: "Robert", privacy: { search: "everyone" } });
    expect(idsOf(await search("somewhere"))).toEqual([]);
    expect(idsOf(await search("rob"))).toEqual(["bob"]);
  });

  test.each([
    "x",
    "",
    "bnVsbA",
    Buffer.from('["a"]').toString("base64url"),
    Buffer.from('["a",1]').toString("base64url"),
    Buffer.from('["a","\\u0000"]').toString("base64url"),
  ])("with the cursor %j, which was not given out, is VALIDATION", async (cursor) => {
    await expect(search("a", { cursor })).rejects.toMatchObject({ code: "VALIDATION", data: { errors: [{ path: "cursor" }] } });
  });

  test("walks an index", async () => {
    const { sql } = bench.database;
    await sql.query(
      `INSERT INTO users (id, username, username_key, display_name, privacy, created_at, updated_at)
       SELECT 'm' || n, 'm' || n, 'm' || n, 'm', '{}', now(), now() FROM generate_series(1, 3000) n`,
    );
    await sql.query("INSERT INTO user_terms SELECT 'm' || n, 'm' || n FROM generate_series(1, 3000) n");
    await sql.query("ANALYZE users");
    await sql.query("ANALYZE user_terms");
    const query = sql.query.bind(sql);
    const plans: string[] = [];
    sql.query = async (text: string, params?: unknown[]) => {
      if (text.includes("user_terms")) plans.push(JSON.stringify(await query(`EXPLAIN ${text}`, params)));
      return query(text, params) as never;
    };
    await search("m12", { limit: 5 });
    sql.query = query;
    expect(plans).toHaveLength(1);
    expect(plans[0]).not.toContain("Seq Scan");
  });
});
