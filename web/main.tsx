import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import { ElsewhereCard } from "./app/elsewhere-card.tsx";
import { onlyTab } from "./model/only-tab.ts";
import { Preferences } from "./model/preferences.ts";

const element = document.getElementById("root");
if (!element) throw new Error("the page has no root");
const root = createRoot(element);
const preferences = new Preferences(localStorage, navigator.languages);

await onlyTab(() => root.render(<ElsewhereCard language={preferences.language} />));
root.render(<App preferences={preferences} />);
