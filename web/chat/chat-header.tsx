import { useEffect, useRef, useState } from "react";
import type { Conversation, Presence } from "../../client/index.ts";
import { GroupDialog } from "../group/group-dialog.tsx";
import type { ChatModel } from "../model/chat-model.ts";
import { nameFor, nameOf } from "../model/names.ts";
import type { OpenChat } from "../model/open-chat.ts";
import { useModel } from "../model/use-model.tsx";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import type { Dates } from "../text/dates.ts";
import type { Texts } from "../text/en.ts";
import { useDates, useTexts } from "../text/use-texts.tsx";
import { hasKeyboard } from "./has-keyboard.ts";

interface ChatHeaderProps {
  chat: OpenChat;
  conversation: Conversation;
}

export function ChatHeader({ chat, conversation }: ChatHeaderProps) {
  const texts = useTexts();
  const [showsGroup, setShowsGroup] = useState(false);
  const { group, peer, id } = conversation;
  const name = nameOf(conversation, texts);
  return (
    <header className="bar">
      <a className="icon back" href="#/" aria-label={texts.back}>
        <Icon name="back" />
      </a>
      <Avatar name={name} id={peer?.id ?? id} group={group !== undefined} />
      <div className="grow titles">
        <Title name={name} />
        <Status conversation={conversation} />
      </div>
      {group && (
        <button
          className="icon"
          type="button"
          title={texts.groupDetails}
          aria-label={texts.groupDetails}
          onClick={() => setShowsGroup(true)}
        >
          <Icon name="people" />
        </button>
      )}
      {group && showsGroup && <GroupDialog chat={chat} group={group} onClose={() => setShowsGroup(false)} />}
    </header>
  );
}

/** Where there is no keyboard the focus begins here: in the text it would bring up the one on the screen. */
function Title({ name }: { name: string }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!hasKeyboard()) ref.current?.focus();
  }, []);
  return (
    <h1 ref={ref} className="ellipsis" tabIndex={-1}>
      {name}
    </h1>
  );
}

function Status({ conversation }: { conversation: Conversation }) {
  const model = useModel();
  const texts = useTexts();
  const dates = useDates();
  const typing = model.people.typing(conversation.id);
  if (typing.length > 0) return <p className="ellipsis typing">{typingLine(conversation, typing, model, texts)}</p>;
  const { peer, group } = conversation;
  const presence = peer && model.connection.state === "online" ? model.people.presence(peer.id) : undefined;
  return (
    <p className="ellipsis">{group ? texts.members(group.memberCount) : presence && presenceLine(presence, texts, dates)}</p>
  );
}

function typingLine({ type }: Conversation, userIds: string[], model: ChatModel, texts: Texts): string {
  return type === "direct" ? texts.typing : texts.typingIn(userIds.map((id) => nameFor(model, id, texts)).join(", "));
}

function presenceLine({ status, lastSeenAt }: Presence, texts: Texts, dates: Dates): string {
  if (status !== "offline") return texts[status];
  return lastSeenAt ? texts.lastSeen(dates.moment(lastSeenAt)) : texts.offlineNow;
}
