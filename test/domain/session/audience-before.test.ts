import { describe, expect, test } from "@jest/globals";
import type { LoggedEntry } from "../../../contracts/entry.ts";
import { AudienceBefore } from "../../../domain/session/audience-before.ts";

const base = { conversationId: "c", id: "x", senderId: "ada", createdAt: "2026-01-01T00:00:00.000Z", n: 0 };
const member = (seq: number, op: "add" | "remove" | "leave", ...userIds: string[]): LoggedEntry => ({
  ...base,
  seq,
  kind: "member",
  op,
  userIds,
});
const message = (seq: number): LoggedEntry => ({ ...base, seq, kind: "message", type: "text", content: "x" });

describe("who may have had the entries below one", () => {
  test("is everyone, if nobody came or went", () => {
    expect(new AudienceBefore(["ada", "bob"], message(3)).of(message(2))).toEqual(["ada", "bob"]);
  });

  test("is nobody who was added at it or between", () => {
    const audience = new AudienceBefore(["ada", "bob", "eve"], member(4, "add", "eve"));
    expect(audience.of(member(3, "add", "bob"))).toEqual(["ada", "bob"]);
    expect(audience.of(message(2))).toEqual(["ada"]);
  });

  test("is also who was removed or left between, up to that entry", () => {
    const audience = new AudienceBefore(["ada"], message(4));
    expect(audience.of(member(3, "remove", "bob"))).toEqual(["ada", "bob"]);
    expect(audience.of(member(2, "leave", "eve"))).toEqual(["ada", "bob", "eve"]);
  });

  test("leaves out who came back, for the time between", () => {
    const audience = new AudienceBefore(["ada", "bob"], member(5, "add", "bob"));
    expect(audience.of(message(4))).toEqual(["ada"]);
    expect(audience.of(member(3, "remove", "bob"))).toEqual(["ada", "bob"]);
    expect(audience.of(message(2))).toEqual(["ada", "bob"]);
  });
});
