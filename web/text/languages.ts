import { en, type Texts } from "./en.ts";
import { zhHant } from "./zh-hant.ts";

/** What the page can be read in, by language tag, each named in itself. */
export const languages = {
  en: { name: "English", texts: en },
  "zh-Hant": { name: "繁體中文", texts: zhHant },
} as const satisfies Record<string, { name: string; texts: Texts }>;

export type Language = keyof typeof languages;

export const isLanguage = (tag: unknown): tag is Language => typeof tag === "string" && tag in languages;

/** Any Chinese is nearer to a reader of Chinese than English. */
function languageOf(tag: string): Language | undefined {
  if (/^zh\b/i.test(tag)) return "zh-Hant";
  return /^en\b/i.test(tag) ? "en" : undefined;
}

/** The first that the reader asks for and the page has. */
export function preferredLanguage(tags: readonly string[]): Language {
  return tags.map(languageOf).find((language) => language !== undefined) ?? "en";
}

/** The tag by which dates are written: the reader's own kind of that language, if the reader named one. */
export const dateTag = (language: Language, tags: readonly string[]): string =>
  tags.find((tag) => languageOf(tag) === language) ?? language;
