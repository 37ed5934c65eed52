import { type FormEvent, useState } from "react";
import { useAction } from "../model/use-action.ts";
import { useModel } from "../model/use-model.tsx";
import type { Texts } from "../text/en.ts";
import { useTexts } from "../text/use-texts.tsx";
import { LanguageSelect } from "./language-select.tsx";
import { Logo } from "./logo.tsx";
import { takeNote } from "./note.ts";

/** Signing in, and making an account. */
export function Welcome() {
  const texts = useTexts();
  const [isNew, setNew] = useState(false);
  const [note] = useState(() => takeNote(texts));
  return (
    <main className="welcome">
      <section className="card">
        <Logo />
        <h1>{texts.appName}</h1>
        <p role="status">{note || texts.tagline}</p>
        <SignInForm key={String(isNew)} isNew={isNew} />
        <p className="switch">
          {isNew ? texts.haveAccount : texts.newHere}{" "}
          <button className="link" type="button" onClick={() => setNew(!isNew)}>
            {isNew ? texts.signIn : texts.signUp}
          </button>
        </p>
      </section>
      <div className="welcome-language">
        <LanguageSelect />
      </div>
    </main>
  );
}

function SignInForm({ isNew }: { isNew: boolean }) {
  const texts = useTexts();
  const model = useModel();
  const { run, busy, error } = useAction();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name) ?? "");
    void run(async () => {
      const [username, password, displayName] = [field("username").trim(), field("password"), field("displayName").trim()];
      if (isNew) await model.client.register({ username, password, ...(displayName && { displayName }) });
      await model.client.login(username, password, { platform: "web" });
      model.enter();
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <SignInFields isNew={isNew} texts={texts} />
      <p className="error" role="alert">
        {error}
      </p>
      <button className="primary" type="submit" disabled={busy}>
        {isNew ? texts.signUp : texts.signIn}
      </button>
    </form>
  );
}

function SignInFields({ isNew, texts }: { isNew: boolean; texts: Texts }) {
  return (
    <>
      <label>
        {texts.username}
        <input
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          minLength={2}
          maxLength={64}
        />
      </label>
      {isNew && (
        <label>
          {texts.displayName}
          <input name="displayName" autoComplete="name" maxLength={64} placeholder={texts.optional} />
        </label>
      )}
      <label>
        {texts.password}
        <input
          name="password"
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          minLength={isNew ? 8 : 1}
          maxLength={128}
        />
      </label>
    </>
  );
}
