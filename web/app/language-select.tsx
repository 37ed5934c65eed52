import { isLanguage, type Language, languages } from "../text/languages.ts";
import { useTexts } from "../text/use-texts.tsx";
import { usePreferences } from "./use-preferences.tsx";

export function LanguageSelect() {
  const preferences = usePreferences();
  const texts = useTexts();
  return (
    <label>
      {texts.language}
      <select value={preferences.language} onChange={({ target }) => isLanguage(target.value) && preferences.speak(target.value)}>
        {(Object.keys(languages) as Language[]).map((tag) => (
          <option key={tag} value={tag} lang={tag}>
            {languages[tag].name}
          </option>
        ))}
      </select>
    </label>
  );
}
