import { describe, expect, test } from "@jest/globals";
import { datesIn } from "../../web/text/dates.ts";
import { en } from "../../web/text/en.ts";
import { dateTag, languages, preferredLanguage } from "../../web/text/languages.ts";

test.each([
  [["zh-TW", "en"], "zh-Hant"],
  [["zh-CN"], "zh-Hant"],
  [["de-DE", "en-US", "zh-TW"], "en"],
  [["zhx", "fr"], "en"],
  [[], "en"],
])("a reader of %j reads %s", (tags, language) => {
  expect(preferredLanguage(tags)).toBe(language);
});

test("dates are written as the reader's own kind of the language has them", () => {
  expect(dateTag("en", ["zh-TW", "en-GB"])).toBe("en-GB");
  expect(dateTag("zh-Hant", ["en-GB"])).toBe("zh-Hant");
});

test("nothing is left unsaid in any language", () => {
  const said = (value: unknown): unknown[] => {
    if (typeof value === "function") return [value("a", "b", "c")];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(said) : [value];
  };
  for (const { texts } of Object.values(languages)) {
    for (const text of said(texts)) expect(text).toEqual(expect.stringMatching(/\S/));
  }
});

describe("a date", () => {
  const now = new Date(2026, 5, 15, 9, 0).getTime();
  const dates = datesIn("en-GB", en, () => now);
  const at = (...parts: [number, number, number, number]) => new Date(...parts).toISOString();

  test("is named by the day it is for the reader", () => {
    expect(dates.day(at(2026, 5, 15, 0))).toBe("Today");
    expect(dates.day(at(2026, 5, 14, 23))).toBe("Yesterday");
    expect(dates.day(at(2026, 5, 13, 12))).toBe("Saturday 13 June");
    expect(dates.day(at(2026, 5, 16, 12))).toBe("Tuesday 16 June");
  });

  test("is a time if it is today", () => {
    expect(dates.moment(at(2026, 5, 15, 8))).toBe("8:00");
    expect(dates.moment(at(2026, 5, 14, 8))).toBe("14 Jun");
  });
});
