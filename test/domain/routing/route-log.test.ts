import { describe, expect, test } from "@jest/globals";
import { RouteLog } from "../../../domain/routing/route-log.ts";

const phone = { userId: "ada", deviceId: "phone" };
const laptop = { userId: "ada", deviceId: "laptop" };

describe("a gateway's route log", () => {
  test("takes several sockets of one device for one route", () => {
    const log = new RouteLog("g");
    log.bind(phone);
    log.bind(phone);
    expect(log.takeDelta()).toEqual({ nodeID: "g", fromVersion: 0, ops: [{ op: "bind", ...phone }] });
    log.unbind(phone);
    expect(log.takeDelta()).toBeNull();
    expect(log.has("ada")).toBe(true);
    log.unbind(phone);
    expect(log.takeDelta()).toEqual({ nodeID: "g", fromVersion: 1, ops: [{ op: "unbind", ...phone }] });
    expect(log.has("ada")).toBe(false);
  });

  test("ignores the unbinding of what is not bound", () => {
    const log = new RouteLog("g");
    log.bind(laptop);
    log.unbind(phone);
    log.unbind({ userId: "bob", deviceId: "phone" });
    expect(log.takeDelta()?.ops).toEqual([{ op: "bind", ...laptop }]);
  });

  test("has a digest of what was taken, and a snapshot of what is", () => {
    const log = new RouteLog("g");
    const empty = log.digest();
    log.bind(phone);
    expect(log.digest()).toEqual(empty);
    expect(log.snapshot()).toEqual({ nodeID: "g", version: 1, routes: [phone] });
    log.takeDelta();
    expect(log.digest()).toMatchObject({ version: 1, hash: expect.not.stringMatching(empty.hash) });
    log.unbind(phone);
    log.takeDelta();
    expect(log.digest()).toEqual({ nodeID: "g", version: 2, hash: empty.hash });
  });

  test("has a digest that does not depend on the order", () => {
    const [one, other] = [new RouteLog("g"), new RouteLog("g")];
    for (const route of [phone, laptop]) one.bind(route);
    for (const route of [laptop, phone]) other.bind(route);
    for (const log of [one, other]) log.takeDelta();
    expect(one.digest()).toEqual(other.digest());
    expect(one.digest().hash).toMatch(/^[0-9a-f]{16}$/);
  });

  test("splits a rush of changes into deltas that follow on each other", () => {
    const log = new RouteLog("g");
    for (let i = 0; i < 4500; i++) log.bind({ userId: `user-${i}`, deviceId: "phone" });
    const sizes: number[] = [];
    let version = 0;
    for (let delta = log.takeDelta(); delta; delta = log.takeDelta()) {
      expect(delta.fromVersion).toBe(version);
      version += delta.ops.length;
      sizes.push(delta.ops.length);
    }
    expect(sizes).toEqual([2000, 2000, 500]);
    expect(log.digest().version).toBe(4500);
  });
});
