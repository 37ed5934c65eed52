import type { Conversation, CurrentMessage } from "../../client/index.ts";
import { useModel } from "../model/use-model.tsx";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { canDeleteForAll } from "./message-actions.ts";

interface DeleteDialogProps {
  conversation: Conversation;
  message: CurrentMessage;
  onClose(): void;
}

export function DeleteDialog({ conversation, message, onClose }: DeleteDialogProps) {
  const texts = useTexts();
  const { client, user } = useModel();
  const { id } = message;
  const forAll = {
    label: texts.deleteForAll,
    alarming: true,
    act: () => client.request("message:delete", { id, for: "everyone" }),
  };
  const forMe = { label: texts.deleteForMe, act: () => client.hide(id) };
  const mayForAll = canDeleteForAll(message, conversation, user?.id ?? "");
  return <ConfirmDialog title={texts.deleteTitle} choices={mayForAll ? [forAll, forMe] : [forMe]} onClose={onClose} />;
}
