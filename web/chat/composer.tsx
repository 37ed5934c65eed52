import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Conversation, CurrentMessage } from "../../client/index.ts";
import { nameFor } from "../model/names.ts";
import type { OpenChat } from "../model/open-chat.ts";
import { useModel } from "../model/use-model.tsx";
import { Icon } from "../parts/icon.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { hasKeyboard } from "./has-keyboard.ts";
import { canWrite } from "./message-actions.ts";

/** What is being written, if it is not simply a message. */
export type Writing = { kind: "reply" | "edit"; message: CurrentMessage };

interface ComposerProps {
  chat: OpenChat;
  conversation: Conversation;
  writing: Writing | undefined;
  onWriting(writing: Writing | undefined): void;
  run(task: () => Promise<unknown>): Promise<boolean>;
}

export function Composer(props: ComposerProps) {
  const { conversation, writing, onWriting } = props;
  const texts = useTexts();
  if (!canWrite(conversation)) return <p className="composer hint">{texts.readOnly}</p>;
  const edited = writing?.kind === "edit" ? writing.message.id : undefined;
  return (
    <div className="composer">
      {writing && <WritingBar writing={writing} onCancel={() => onWriting(undefined)} />}
      <Draft key={edited} {...props} />
    </div>
  );
}

/** The text itself. Each edit has its own; the message that is being written waits meanwhile. */
function Draft({ chat, conversation, writing, onWriting, run }: ComposerProps) {
  const { client, drafts } = useModel();
  const texts = useTexts();
  const ref = useRef<HTMLTextAreaElement>(null);
  const edited = writing?.kind === "edit" ? writing.message : undefined;
  const [text, setText] = useState(edited?.content ?? drafts.get(chat.id) ?? "");
  useGrowing(ref, text);
  useEffect(() => {
    if (writing || hasKeyboard()) ref.current?.focus();
  }, [writing]);

  const change = (value: string) => {
    setText(value);
    if (edited) return;
    drafts.set(chat.id, value);
    client.typing(conversation.id, value ? "start" : "stop");
  };
  const submit = async () => {
    const content = text.trim();
    if (!content) return;
    if (edited) {
      if (content === edited.content || (await run(() => client.request("message:edit", { id: edited.id, content })))) {
        onWriting(undefined);
      }
      return;
    }
    if (!(await run(async () => chat.send(content, writing?.message.id)))) return;
    change("");
    onWriting(undefined);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && writing) onWriting(undefined);
    if (event.key === "ArrowUp" && !text && !writing && chat.lastOwn) {
      event.preventDefault();
      onWriting({ kind: "edit", message: chat.lastOwn });
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form
      className="draft"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <textarea
        ref={ref}
        rows={1}
        maxLength={16_384}
        value={text}
        placeholder={texts.message}
        aria-label={edited ? texts.editing : texts.message}
        onChange={({ target }) => change(target.value)}
        onKeyDown={press}
      />
      <button className="primary round" type="submit" aria-label={edited ? texts.save : texts.send} disabled={!text.trim()}>
        <Icon name="send" />
      </button>
    </form>
  );
}

function WritingBar({ writing: { kind, message }, onCancel }: { writing: Writing; onCancel(): void }) {
  const model = useModel();
  const texts = useTexts();
  const title = kind === "edit" ? texts.editing : texts.replyingTo(nameFor(model, message.senderId, texts));
  return (
    <div className="writing">
      <div className="grow quote">
        <span className="sender">{title}</span>
        <span className="quoted ellipsis">{message.content || message.type}</span>
      </div>
      <button className="icon" type="button" aria-label={texts.cancel} onClick={onCancel}>
        <Icon name="close" />
      </button>
    </div>
  );
}

const border = 2;

/** As high as its text. */
function useGrowing(ref: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const area = ref.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = text ? `${area.scrollHeight + border}px` : "";
  }, [ref, text]);
}
