import { type KeyboardEvent, useEffect, useState } from "react";
import type { Conversation } from "../../client/index.ts";
import type { ChatRow } from "../model/chat-rows.ts";
import { nameFor } from "../model/names.ts";
import type { OpenChat } from "../model/open-chat.ts";
import { useModel } from "../model/use-model.tsx";
import { Icon } from "../parts/icon.tsx";
import { useDates, useTexts } from "../text/use-texts.tsx";
import type { MessageActions } from "./message-actions.ts";
import { MessageItem } from "./message-item.tsx";
import { NoticeItem } from "./notice-item.tsx";
import { PendingItem } from "./pending-item.tsx";
import { useLooking } from "./use-looking.ts";
import { useScrolling } from "./use-scrolling.ts";

interface MessageListProps {
  chat: OpenChat;
  conversation: Conversation;
  actions: MessageActions;
}

export function MessageList({ chat, conversation, actions }: MessageListProps) {
  const texts = useTexts();
  const looking = useLooking();
  const rows = chat.loaded ? chat.rows : [];
  const { ref, atEnd, toEnd } = useScrolling(chat, rows);
  const [active, setActive] = useState<string>();
  const reachable = rows.some(({ key }) => key === active) ? active : rows.findLast(({ kind }) => kind === "message")?.key;
  useEffect(() => {
    if (!looking) chat.unseen();
    else if (atEnd) chat.seen();
  });
  const goTo = async (id: string) => {
    if (await chat.find(id)) requestAnimationFrame(() => show(ref.current?.querySelector(`[data-message="${CSS.escape(id)}"]`)));
  };
  return (
    <section className="messages" aria-label={texts.messages}>
      <div ref={ref} className="scroll">
        {chat.loaded ? rows.length === 0 && <p className="hint">{texts.noMessages}</p> : <p className="hint">{texts.loading}</p>}
        {chat.hasMoreBefore && chat.loaded && <p className="hint">{texts.loading}</p>}
        <ol onKeyDown={moveFocus}>
          {rows.map((row) => (
            <Row
              key={row.key}
              row={row}
              chat={chat}
              conversation={conversation}
              actions={actions}
              reachable={row.key === reachable}
              onReached={setActive}
              onGoTo={goTo}
            />
          ))}
        </ol>
      </div>
      {!atEnd && (
        <button className="to-end" type="button" aria-label={texts.toNewest} title={texts.toNewest} onClick={toEnd}>
          <Icon name="down" />
          {conversation.unread > 0 && <span className="badge">{conversation.unread}</span>}
        </button>
      )}
    </section>
  );
}

interface RowProps extends MessageListProps {
  row: ChatRow;
  reachable: boolean;
  onReached(key: string): void;
  onGoTo(messageId: string): void;
}

function Row({ row, chat, conversation, actions, reachable, onReached, onGoTo }: RowProps) {
  const model = useModel();
  const texts = useTexts();
  const dates = useDates();
  switch (row.kind) {
    case "day":
      return <li className="day">{dates.day(row.at)}</li>;
    case "unread":
      return <li className="unread-line">{texts.newMessages}</li>;
    case "notice":
      return <NoticeItem notice={row.notice} />;
    case "pending":
      return <PendingItem row={row} chat={chat} />;
    case "message": {
      const { replyTo, senderId, seq } = row.message;
      const answered = replyTo === undefined ? undefined : chat.message(replyTo);
      const named = !row.mine && !row.follows && conversation.type !== "direct";
      return (
        <MessageItem
          row={row.key}
          message={row.message}
          mine={row.mine}
          follows={row.follows}
          sender={named ? nameFor(model, senderId, texts) : undefined}
          answered={answered}
          answeredName={answered && nameFor(model, answered.senderId, texts)}
          read={seq <= conversation.others.readSeq}
          delivered={seq <= conversation.others.deliveredSeq}
          conversation={conversation}
          actions={actions}
          reachable={reachable}
          onReached={onReached}
          onGoTo={onGoTo}
        />
      );
    }
  }
}

function show(item: Element | null | undefined): void {
  if (!(item instanceof HTMLElement)) return;
  item.scrollIntoView({ block: "center" });
  item.focus({ preventScroll: true });
  item.animate({ opacity: [0.2, 1, 0.4, 1] }, 700);
}

const steps: Record<string, "previousElementSibling" | "nextElementSibling"> = {
  ArrowUp: "previousElementSibling",
  ArrowDown: "nextElementSibling",
};

/** Arrows lead from message to message; Enter opens the actions of one. */
function moveFocus(event: KeyboardEvent): void {
  const item = event.target;
  if (!(item instanceof HTMLLIElement)) return;
  if (event.key === "Enter") {
    event.preventDefault();
    item.querySelector<HTMLElement>("[aria-haspopup]")?.click();
    return;
  }
  const direction = steps[event.key];
  let next = direction && item[direction];
  while (direction && next && !next.hasAttribute("data-message")) next = next[direction];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
