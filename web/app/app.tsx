import { useEffect, useState, useSyncExternalStore } from "react";
import { createClient, webStore } from "../../client/index.ts";
import { ChatModel } from "../model/chat-model.ts";
import type { Preferences } from "../model/preferences.ts";
import { ModelContext, useModel } from "../model/use-model.tsx";
import { Speaking } from "../text/use-texts.tsx";
import { Announcer } from "./announcer.tsx";
import { Home } from "./home.tsx";
import { leaveNote } from "./note.ts";
import { PreferencesContext } from "./use-preferences.tsx";
import { Welcome } from "./welcome.tsx";

/** The whole page, for one browser. */
export function App({ preferences }: { preferences: Preferences }) {
  const [model] = useState(makeModel);
  const language = useSyncExternalStore(preferences.subscribe, () => preferences.language);
  const theme = useSyncExternalStore(preferences.subscribe, () => preferences.theme);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <PreferencesContext value={preferences}>
      <Speaking language={language}>
        <ModelContext value={model}>
          <Screen />
        </ModelContext>
      </Speaking>
    </PreferencesContext>
  );
}

function Screen() {
  const model = useModel();
  if (!model.user) return <Welcome />;
  return (
    <>
      <Home />
      <Announcer />
    </>
  );
}

function makeModel(): ChatModel {
  const client = createClient({ url: location.origin, store: webStore(localStorage) });
  client.on("signedOut", ({ by }) => {
    if (by === "server") leaveNote("signedOutHere");
    location.hash = "";
    location.reload();
  });
  // A connection may not notice that the network under it has gone.
  window.addEventListener("offline", () => client.reconnect());
  window.addEventListener("online", () => client.user && client.connect());
  const model = new ChatModel(client);
  if (client.user) model.enter();
  return model;
}
