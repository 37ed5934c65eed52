import { useEffect } from "react";
import { Chat } from "../chat/chat.tsx";
import { Sidebar } from "../list/sidebar.tsx";
import { useChatId } from "../model/use-chat-id.ts";
import { useModel } from "../model/use-model.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Logo } from "./logo.tsx";

/** The list and the open conversation; on a phone one of them. */
export function Home() {
  const model = useModel();
  const chatId = useChatId();
  useEffect(() => model.open(chatId), [model, chatId]);
  return (
    <div className={chatId ? "home chatting" : "home"}>
      <ConnectionBanner />
      <div className="columns">
        <Sidebar />
        <main className="pane">{model.chat ? <Chat key={model.chat.id} chat={model.chat} /> : <NothingOpen />}</main>
      </div>
    </div>
  );
}

function NothingOpen() {
  const texts = useTexts();
  return (
    <div className="nothing">
      <Logo size={64} />
      <p>{texts.choose}</p>
    </div>
  );
}
