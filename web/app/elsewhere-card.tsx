import { type Language, languages } from "../text/languages.ts";
import { Logo } from "./logo.tsx";

/** Shown while another tab of this browser is this device. */
export function ElsewhereCard({ language }: { language: Language }) {
  const { texts } = languages[language];
  return (
    <main className="welcome" lang={language}>
      <section className="card">
        <Logo />
        <h1>{texts.otherTab}</h1>
        <p>{texts.otherTabHint}</p>
      </section>
    </main>
  );
}
