import { memo, useState } from "react";
import type { Conversation, CurrentMessage } from "../../client/index.ts";
import { Icon } from "../parts/icon.tsx";
import { useDates, useTexts } from "../text/use-texts.tsx";
import { LinkedText } from "./linked-text.tsx";
import type { MessageActions } from "./message-actions.ts";
import { MessageMenu } from "./message-menu.tsx";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import { Tick } from "./tick.tsx";

interface MessageItemProps {
  row: string;
  message: CurrentMessage;
  mine: boolean;
  /** The one above is of the same sender. */
  follows: boolean;
  /** Who said it, where that is not plain. */
  sender: string | undefined;
  /** The message it answers, if it is here. */
  answered: CurrentMessage | undefined;
  answeredName: string | undefined;
  read: boolean;
  delivered: boolean;
  conversation: Conversation;
  actions: MessageActions;
  /** The one that Tab leads to. */
  reachable: boolean;
  onReached(row: string): void;
  onGoTo(messageId: string): void;
}

/** One message. Drawn again only when something of it changed. */
export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const { row, message, mine, follows, sender, answered, answeredName, actions, reachable } = props;
  const classes = ["message", mine && "mine", follows && "follows"].filter(Boolean).join(" ");
  const deleted = message.deletedAt !== undefined;
  return (
    <li className={classes} data-message={message.id} tabIndex={reachable ? 0 : -1} onFocus={() => props.onReached(row)}>
      <div className="bubble">
        {sender && <span className="sender">{sender}</span>}
        {message.replyTo && !deleted && (
          <Quote message={answered} name={answeredName} onChoose={() => message.replyTo && props.onGoTo(message.replyTo)} />
        )}
        <MessageText message={message} />
        <Note {...props} />
        <Reactions message={message} onReact={(emoji) => actions.react(message, emoji)} />
      </div>
      <Actions {...props} />
    </li>
  );
}, sameDrawing);

/** Of the conversation only what decides about the actions matters. */
function sameDrawing({ conversation: a, onGoTo: _a, ...before }: MessageItemProps, next: MessageItemProps): boolean {
  const { conversation: b } = next;
  const sameRights = a.leftSeq === b.leftSeq && a.group?.closed === b.group?.closed && a.group?.myRole === b.group?.myRole;
  return sameRights && Object.entries(before).every(([key, value]) => Object.is(value, next[key as keyof MessageItemProps]));
}

function MessageText({ message }: { message: CurrentMessage }) {
  const texts = useTexts();
  if (message.deletedAt) return <p className="faint">{texts.deleted}</p>;
  return (
    <p dir="auto">
      <LinkedText text={message.content || message.type} />
    </p>
  );
}

function Note({ message, mine, read, delivered }: MessageItemProps) {
  const texts = useTexts();
  const dates = useDates();
  return (
    <span className="note">
      {message.editedAt && !message.deletedAt && `${texts.edited} · `}
      <time dateTime={message.createdAt}>{dates.time(message.createdAt)}</time>
      {mine && <Tick state={read ? "read" : delivered ? "delivered" : "sent"} />}
    </span>
  );
}

function Actions({ message, conversation, actions }: MessageItemProps) {
  const texts = useTexts();
  const [anchor, setAnchor] = useState<HTMLElement>();
  return (
    <>
      <button
        className="icon actions"
        type="button"
        tabIndex={-1}
        aria-label={texts.actions}
        aria-haspopup="menu"
        aria-expanded={anchor !== undefined}
        onClick={({ currentTarget }) => setAnchor(currentTarget)}
      >
        <Icon name="more" />
      </button>
      {anchor && (
        <MessageMenu
          anchor={anchor}
          message={message}
          conversation={conversation}
          actions={actions}
          onClose={() => setAnchor(undefined)}
        />
      )}
    </>
  );
}
