import { en, type Texts } from "./en.ts";
import { zhHant } from "./zh-hant.ts";

/** What the page can be read in, by language tag, each named in itself. */
export const languages = {
  en: { name: "English", texts: en },
  "zh-Hant": { name: "繁體中文", texts: zhHant },
} as const satisfies Record<string, { name: string; texts: Texts }>;

export type Language = keyof typeof languages;

export const isLanguage = (tag: unknown): tag is Language => typeof tag === "string" && tag in languages;

/** The first that the reader asks for and the page has; any Chinese is nearer to a reader of Chinese than English. */
export function preferredLanguage(tags: readonly string[]): Language {
  for (const tag of tags) {
    if (/^zh\b/i.test(tag)) return "zh-Hant";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}
