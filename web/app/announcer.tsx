import { useEffect } from "react";
import { nameFor } from "../model/names.ts";
import { useModel } from "../model/use-model.tsx";
import { useTexts } from "../text/use-texts.tsx";

/** Tells new messages to screen readers, and their number to the tab's title. */
export function Announcer() {
  const model = useModel();
  const texts = useTexts();
  const { heard, unread, chat } = model;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${texts.appName}` : texts.appName;
  }, [unread, texts]);
  const name = heard && nameFor(model, heard.senderId, texts);
  const said =
    heard && name && (heard.conversationId === chat?.id ? texts.said(name, heard.content) : texts.newMessageFrom(name));
  return (
    <div className="unseen" aria-live="polite">
      {heard && <p key={heard.id}>{said}</p>}
    </div>
  );
}
