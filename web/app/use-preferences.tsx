import { createContext, useContext, useSyncExternalStore } from "react";
import type { Preferences } from "../model/preferences.ts";

export const PreferencesContext = createContext<Preferences | undefined>(undefined);

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error("nothing here is inside a <PreferencesContext>");
  useSyncExternalStore(preferences.subscribe, () => `${preferences.language} ${preferences.theme}`);
  return preferences;
}
