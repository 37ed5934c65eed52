import { useState } from "react";
import { SettingsDialog } from "../app/settings-dialog.tsx";
import { NewGroupDialog } from "../group/new-group-dialog.tsx";
import { nameOf, nameOfUser } from "../model/names.ts";
import { goToChat } from "../model/use-chat-id.ts";
import { useModel } from "../model/use-model.tsx";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { ConversationLink } from "./conversation-link.tsx";
import { FoundPeople } from "./found-people.tsx";

/** The user's conversations, and finding people to begin one with. */
export function Sidebar() {
  const model = useModel();
  const texts = useTexts();
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLowerCase();
  const shown = model.conversations.filter((one) => nameOf(one, texts).toLowerCase().includes(wanted));
  const begin = async (userId: string) => {
    goToChat(await model.begin(userId));
    setQuery("");
  };
  return (
    <nav className="sidebar" aria-label={texts.conversations}>
      <SidebarHead />
      <div className="find">
        <input
          type="search"
          value={query}
          placeholder={texts.find}
          aria-label={texts.find}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setQuery(target.value)}
          onKeyDown={({ key }) => key === "Escape" && setQuery("")}
        />
      </div>
      <div className="scrolled">
        <ul className="list" aria-label={texts.conversations}>
          {shown.map((conversation) => (
            <ConversationLink key={conversation.id} conversation={conversation} open={conversation.id === model.chat?.id} />
          ))}
        </ul>
        {wanted && <FoundPeople query={query} onChoose={(userId) => void begin(userId)} />}
        {!wanted && shown.length === 0 && <p className="hint">{texts.noConversations}</p>}
      </div>
    </nav>
  );
}

function SidebarHead() {
  const { user } = useModel();
  const texts = useTexts();
  const [dialog, setDialog] = useState<"group" | "settings">();
  const close = () => setDialog(undefined);
  const name = nameOfUser(user, texts);
  return (
    <header className="bar">
      <Avatar name={name} id={user?.id ?? ""} />
      <strong className="grow ellipsis">{name}</strong>
      <button
        className="icon"
        type="button"
        title={texts.newGroup}
        aria-label={texts.newGroup}
        onClick={() => setDialog("group")}
      >
        <Icon name="newGroup" />
      </button>
      <button
        className="icon"
        type="button"
        title={texts.settings}
        aria-label={texts.settings}
        onClick={() => setDialog("settings")}
      >
        <Icon name="settings" />
      </button>
      {dialog === "group" && <NewGroupDialog onClose={close} />}
      {dialog === "settings" && <SettingsDialog onClose={close} />}
    </header>
  );
}
