import { describe, expect, jest, test } from "@jest/globals";
import { check } from "../../bench/report/check.ts";
import type { Results } from "../../bench/report/results.ts";

jest.spyOn(console, "log").mockImplementation(() => {});

const results = (ratios: Record<string, number>): Results => ({ chat: { says: "", command: "", figures: [], ratios } });

describe("the comparison with the committed ratios", () => {
  const committed = results({ "chat.cpu.webSocket": 2, "chat.p99.webSocket": 2 });

  test("passes what is not worse, and what is worse by no more than the noise of its kind", () => {
    expect(check(results({ "chat.cpu.webSocket": 1, "chat.p99.webSocket": 7 }), committed)).toBe(true);
    expect(check(results({ "chat.cpu.webSocket": 2.6 }), committed)).toBe(true);
  });

  test("fails on a single ratio that is worse than that, or no number", () => {
    expect(check(results({ "chat.cpu.webSocket": 2.8, "chat.p99.webSocket": 2 }), committed)).toBe(false);
    expect(check(results({ "chat.p99.webSocket": 8.1 }), committed)).toBe(false);
    expect(check(results({ "chat.cpu.webSocket": Number.NaN }), committed)).toBe(false);
  });

  test("lets pass what was not measured before", () => {
    expect(check(results({ "chat.new.webSocket": 9 }), committed)).toBe(true);
  });
});
