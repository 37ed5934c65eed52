import { beforeEach, describe, expect, test } from "@jest/globals";
import { accounts } from "../../../stores/accounts/accounts.ts";
import { type Devices, devices as devicesOn, type SignIn } from "../../../stores/accounts/devices.ts";
import type { Sql } from "../../../stores/sql.ts";
import { account } from "./accounts.ts";

const at = new Date("2026-01-02T03:04:05.678Z");
const later = new Date("2026-01-02T03:05:00.000Z");
const refreshExpiresAt = new Date("2026-02-01T00:00:00.000Z");

const signIn = (id: string, more: Partial<SignIn> = {}): SignIn => ({
  id,
  userId: "u1",
  family: "f1",
  refreshHash: "h1",
  at,
  refreshExpiresAt,
  ...more,
});

export function devicesContract(open: () => Sql): void {
  describe("devices", () => {
    let devices: Devices;
    beforeEach(async () => {
      await open().query("DELETE FROM users");
      for (const id of ["u1", "u2"]) await accounts(open()).create(account(id));
      devices = devicesOn(open());
    });

    test("that sign in again keep their name and get a new family", async () => {
      await devices.signIn(signIn("d1", { name: "phone" }));
      const again = await devices.signIn(signIn("d1", { family: "f2", refreshHash: "h2", at: later }));
      expect(again).toMatchObject({ id: "d1", userId: "u1", name: "phone", family: "f2", refreshHash: "h2", lastSeenAt: later });
      expect(await devices.find("d1")).toEqual(again);
      expect(await devices.find("d2")).toBeNull();
    });

    test("are never taken over by another user", async () => {
      await devices.signIn(signIn("d1"));
      await expect(devices.signIn(signIn("d1", { userId: "u2" }))).rejects.toThrow();
      expect(await devices.find("d1")).toMatchObject({ userId: "u1" });
    });

    test("of many rotations of one token at once exactly one wins", async () => {
      await devices.signIn(signIn("d1"));
      const rotate = (_: unknown, i: number) => devices.rotate("d1", { from: "h1", to: `n${i}`, at: later, refreshExpiresAt });
      const won = await Promise.all(Array.from({ length: 8 }, rotate));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await devices.find("d1")).toMatchObject({ refreshHash: `n${won.indexOf(true)}`, spentHash: "h1" });
    });

    test("are signed out once, and those who were are told since when", async () => {
      await devices.signIn(signIn("d1"));
      await devices.signIn(signIn("d2"));
      const revoked = { userId: "u1", deviceId: "d1", revokedAt: later };
      expect(await devices.revoke(["d1"], later)).toEqual([revoked]);
      expect(await devices.revoke(["d1"], later)).toEqual([]);
      expect(await devices.revokedSince(later)).toEqual([revoked]);
      expect((await devices.ofUser("u1")).map(({ id }) => id)).toEqual(["d2"]);
    });

    test("are signed out after their last token was issued, by whichever clock: it is not good any more", async () => {
      await devices.signIn(signIn("d1", { at: later }));
      expect(await devices.revoke(["d1"], at)).toMatchObject([{ revokedAt: later }]);
      await devices.signIn(signIn("d1", { at }));
      const [again] = await devices.revoke(["d1"], at);
      expect(again?.revokedAt.getTime()).toBeGreaterThanOrEqual(later.getTime() + 1000);
    });

    test("whose token ran out are named", async () => {
      await devices.signIn(signIn("d1", { refreshExpiresAt: at }));
      await devices.signIn(signIn("d2"));
      expect(await devices.expired(later, 10)).toEqual(["d1"]);
    });
  });
}
