import { type Theme, themes } from "../model/preferences.ts";
import { useModel } from "../model/use-model.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { LanguageSelect } from "./language-select.tsx";
import { usePreferences } from "./use-preferences.tsx";

export function SettingsDialog({ onClose }: { onClose(): void }) {
  const texts = useTexts();
  const { client } = useModel();
  return (
    <Dialog title={texts.settings} onClose={onClose}>
      <div className="stack">
        <LanguageSelect />
        <ThemeSelect />
        <button className="secondary alarming" type="button" onClick={() => void client.logout()}>
          {texts.signOut}
        </button>
      </div>
    </Dialog>
  );
}

function ThemeSelect() {
  const texts = useTexts();
  const preferences = usePreferences();
  return (
    <label>
      {texts.theme}
      <select value={preferences.theme} onChange={({ target }) => preferences.look(target.value as Theme)}>
        {themes.map((theme) => (
          <option key={theme} value={theme}>
            {texts.themes[theme]}
          </option>
        ))}
      </select>
    </label>
  );
}
