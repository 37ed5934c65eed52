import type { Conversation } from "../../client/index.ts";
import type { ChatModel } from "../model/chat-model.ts";
import { nameFor, nameOf } from "../model/names.ts";
import { useModel } from "../model/use-model.tsx";
import { Avatar } from "../parts/avatar.tsx";
import type { Texts } from "../text/en.ts";
import { useDates, useTexts } from "../text/use-texts.tsx";

const mostShown = 99;

export function ConversationLink({ conversation, open }: { conversation: Conversation; open: boolean }) {
  const model = useModel();
  const texts = useTexts();
  const dates = useDates();
  const { id, type, peer, lastMessageAt } = conversation;
  const typing = model.people.typing(id).length > 0;
  const name = nameOf(conversation, texts);
  return (
    <li>
      <a className="row" href={`#/${id}`} aria-current={open ? "true" : undefined}>
        <Avatar
          name={name}
          id={peer?.id ?? id}
          group={type !== "direct"}
          online={peer !== undefined && model.people.isOnline(peer.id)}
        />
        <span className="grow">
          <span className="line">
            <span className="name ellipsis">{name}</span>
            <time dateTime={lastMessageAt}>{dates.moment(lastMessageAt)}</time>
          </span>
          <span className="line">
            <span className={typing ? "preview ellipsis typing" : "preview ellipsis"}>
              {typing ? texts.typing : previewOf(conversation, model, texts)}
            </span>
            <UnreadBadge count={conversation.unread} />
          </span>
        </span>
      </a>
    </li>
  );
}

function UnreadBadge({ count }: { count: number }) {
  const texts = useTexts();
  if (count === 0) return null;
  return (
    <span className="badge">
      <span aria-hidden="true">{count > mostShown ? `${mostShown}+` : count}</span>
      <span className="unseen">{texts.unread(count)}</span>
    </span>
  );
}

function previewOf({ type, lastMessage, lastN }: Conversation, model: ChatModel, texts: Texts): string {
  if (!lastMessage) return type !== "direct" && lastN === 0 ? texts.newGroupPreview : "";
  const { senderId, deletedAt, content, type: messageType } = lastMessage;
  const text = deletedAt ? texts.deleted : content || messageType;
  const named = type !== "direct" || senderId === model.user?.id;
  return named ? texts.said(nameFor(model, senderId, texts), text) : text;
}
