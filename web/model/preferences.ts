import { isLanguage, type Language, preferredLanguage } from "../text/languages.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const isTheme = (name: unknown): name is Theme => themes.includes(name as Theme);

/** How this browser's user wants the page, kept across sign-outs. */
export class Preferences {
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();
  language: Language;
  theme: Theme;

  constructor(storage: Storage, languageTags: readonly string[]) {
    this.#storage = storage;
    const [language, theme] = [storage.getItem("language"), storage.getItem("theme")];
    this.language = isLanguage(language) ? language : preferredLanguage(languageTags);
    this.theme = isTheme(theme) ? theme : "system";
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  speak(language: Language): void {
    this.language = language;
    this.#storage.setItem("language", language);
    this.#changed();
  }

  look(theme: Theme): void {
    this.theme = theme;
    this.#storage.setItem("theme", theme);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
