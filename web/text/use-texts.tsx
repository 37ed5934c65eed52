import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { type Dates, datesIn } from "./dates.ts";
import type { Texts } from "./en.ts";
import { dateTag, type Language, languages } from "./languages.ts";

interface Speech {
  texts: Texts;
  dates: Dates;
}

const SpeechContext = createContext<Speech | undefined>(undefined);

/** Everything inside speaks `language`; so does the document, for screen readers and hyphenation. */
export function Speaking({ language, children }: { language: Language; children: ReactNode }) {
  const speech = useMemo(() => {
    const { texts } = languages[language];
    return { texts, dates: datesIn(dateTag(language, navigator.languages), texts) };
  }, [language]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error("nothing here is inside <Speaking>");
  return speech;
}

export const useTexts = (): Texts => useSpeech().texts;
export const useDates = (): Dates => useSpeech().dates;
