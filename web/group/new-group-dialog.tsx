import { type FormEvent, useState } from "react";
import type { User } from "../../client/index.ts";
import { useAction } from "../model/use-action.ts";
import { goToChat } from "../model/use-chat-id.ts";
import { useModel } from "../model/use-model.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { PeoplePicker } from "./people-picker.tsx";

/** In which a group is named and its members are chosen. */
export function NewGroupDialog({ onClose }: { onClose(): void }) {
  const model = useModel();
  const texts = useTexts();
  const { run, busy, error } = useAction();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<User[]>([]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const made = await run(async () => {
      goToChat(
        await model.makeGroup(
          name.trim(),
          chosen.map(({ id }) => id),
        ),
      );
    });
    if (made) onClose();
  };
  return (
    <Dialog title={texts.newGroup} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <label>
          {texts.groupName}
          <input value={name} required maxLength={100} autoComplete="off" onChange={({ target }) => setName(target.value)} />
        </label>
        <PeoplePicker chosen={chosen} onChange={setChosen} />
        <p className="error" role="alert">
          {error}
        </p>
        <button className="primary" type="submit" disabled={busy || !name.trim()}>
          {texts.makeGroup}
        </button>
      </form>
    </Dialog>
  );
}
