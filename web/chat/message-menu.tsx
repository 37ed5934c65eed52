import type { Conversation, CurrentMessage } from "../../client/index.ts";
import { useModel } from "../model/use-model.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { canEdit, canWrite, type MessageActions, quickReactions } from "./message-actions.ts";

interface MessageMenuProps {
  anchor: HTMLElement;
  message: CurrentMessage;
  conversation: Conversation;
  actions: MessageActions;
  onClose(): void;
}

export function MessageMenu({ anchor, message, conversation, actions, onClose }: MessageMenuProps) {
  const texts = useTexts();
  const { user } = useModel();
  const writes = canWrite(conversation);
  const alive = message.deletedAt === undefined;
  const choose = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Menu label={texts.actions} anchor={anchor} onClose={onClose}>
      {alive && writes && <QuickReactions message={message} onReact={(emoji) => choose(() => actions.react(message, emoji))()} />}
      {alive && writes && <MenuItem onChoose={choose(() => actions.reply(message))}>{texts.reply}</MenuItem>}
      {alive && navigator.clipboard && <MenuItem onChoose={choose(() => actions.copy(message))}>{texts.copy}</MenuItem>}
      {writes && canEdit(message, user?.id ?? "") && (
        <MenuItem onChoose={choose(() => actions.edit(message))}>{texts.edit}</MenuItem>
      )}
      <MenuItem alarming onChoose={choose(() => actions.delete(message))}>
        {texts.delete}
      </MenuItem>
    </Menu>
  );
}

function QuickReactions({ message, onReact }: { message: CurrentMessage; onReact(emoji: string): void }) {
  const texts = useTexts();
  return (
    <div className="quick">
      {quickReactions.map((emoji) => (
        <button
          key={emoji}
          type="button"
          role="menuitemcheckbox"
          aria-checked={message.reactions[emoji]?.me ?? false}
          aria-label={texts.reactWith(emoji)}
          tabIndex={-1}
          onClick={() => onReact(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}
