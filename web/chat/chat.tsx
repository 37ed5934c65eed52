import { useMemo, useState } from "react";
import type { CurrentMessage } from "../../client/index.ts";
import type { OpenChat } from "../model/open-chat.ts";
import { useAction } from "../model/use-action.ts";
import { useModel } from "../model/use-model.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { ChatHeader } from "./chat-header.tsx";
import { Composer, type Writing } from "./composer.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { type MessageActions, reactionTo } from "./message-actions.ts";
import { MessageList } from "./message-list.tsx";

/** An open conversation. */
export function Chat({ chat }: { chat: OpenChat }) {
  const { client } = useModel();
  const { run, error } = useAction();
  const [writing, setWriting] = useState<Writing>();
  const [deleting, setDeleting] = useState<CurrentMessage>();
  const actions = useMemo(
    (): MessageActions => ({
      reply: (message) => setWriting({ kind: "reply", message }),
      edit: (message) => setWriting({ kind: "edit", message }),
      delete: setDeleting,
      react: (message, emoji) => void run(() => client.request("message:react", reactionTo(message, emoji))),
      copy: ({ content }) => void run(() => navigator.clipboard.writeText(content)),
    }),
    [client, run],
  );
  if (!chat.conversation) return <NotHere missing={chat.missing} />;
  return (
    <>
      <ChatHeader chat={chat} conversation={chat.conversation} />
      <MessageList chat={chat} conversation={chat.conversation} actions={actions} />
      <p className="error toast" role="alert">
        {error}
      </p>
      <Composer chat={chat} conversation={chat.conversation} writing={writing} onWriting={setWriting} run={run} />
      {deleting && <DeleteDialog conversation={chat.conversation} message={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  );
}

function NotHere({ missing }: { missing: boolean }) {
  const texts = useTexts();
  return (
    <div className="nothing" role="status">
      <p>{missing ? texts.notHere : texts.loading}</p>
      <a className="link" href="#/">
        {texts.back}
      </a>
    </div>
  );
}
