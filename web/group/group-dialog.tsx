import { type FormEvent, useState } from "react";
import type { Group, User } from "../../client/index.ts";
import type { OpenChat } from "../model/open-chat.ts";
import { useAction } from "../model/use-action.ts";
import { useModel } from "../model/use-model.tsx";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useTexts } from "../text/use-texts.tsx";
import { MemberList } from "./member-list.tsx";
import { PeoplePicker } from "./people-picker.tsx";
import { useMembers } from "./use-members.ts";

/** What a group is called and who is in it, and what this user's role lets the user change of that. */
export function GroupDialog({ chat, group, onClose }: { chat: OpenChat; group: Group; onClose(): void }) {
  const texts = useTexts();
  const members = useMembers(group);
  const present = chat.conversation?.leftSeq === undefined && !group.closed;
  const manages = present && group.myRole !== "member";
  return (
    <Dialog title={texts.groupDetails} onClose={onClose}>
      <div className="stack">
        {manages ? <Rename key={group.name} group={group} /> : <p className="name">{group.name}</p>}
        {manages && <AddMembers group={group} present={new Set(members?.map(({ user }) => user.id))} />}
        <h3>{texts.memberList}</h3>
        {members ? <MemberList group={group} members={members} manages={manages} /> : <p className="hint">{texts.loading}</p>}
        {present && <Endings group={group} onDone={onClose} />}
      </div>
    </Dialog>
  );
}

function Rename({ group }: { group: Group }) {
  const texts = useTexts();
  const { client } = useModel();
  const { run, busy, error } = useAction();
  const [name, setName] = useState(group.name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(() => client.call("PATCH /groups/:id", { params: { id: group.id }, body: { name: name.trim() } }));
  };
  return (
    <form onSubmit={submit}>
      <div className="line end">
        <label className="grow">
          {texts.groupName}
          <input value={name} required maxLength={100} autoComplete="off" onChange={({ target }) => setName(target.value)} />
        </label>
        <button className="secondary" type="submit" disabled={busy || !name.trim() || name.trim() === group.name}>
          {texts.rename}
        </button>
      </div>
      <p className="error" role="alert">
        {error}
      </p>
    </form>
  );
}

function AddMembers({ group, present }: { group: Group; present: ReadonlySet<string> }) {
  const texts = useTexts();
  const { client } = useModel();
  const { run, busy, error } = useAction();
  const [chosen, setChosen] = useState<User[]>([]);
  const add = async () => {
    const body = { userIds: chosen.map(({ id }) => id) };
    if (await run(() => client.call("POST /groups/:id/members", { params: { id: group.id }, body }))) setChosen([]);
  };
  return (
    <div className="stack tight">
      <PeoplePicker chosen={chosen} onChange={setChosen} without={present} />
      {chosen.length > 0 && (
        <button className="secondary" type="button" disabled={busy} onClick={() => void add()}>
          {texts.add}
        </button>
      )}
      <p className="error" role="alert">
        {error}
      </p>
    </div>
  );
}

/** Leaving it; for its owner, closing it. */
function Endings({ group, onDone }: { group: Group; onDone(): void }) {
  const texts = useTexts();
  const { client } = useModel();
  const [asking, setAsking] = useState(false);
  const owner = group.myRole === "owner";
  const end = async () => {
    if (owner) await client.call("DELETE /groups/:id", { params: { id: group.id } });
    else await client.call("DELETE /groups/:id/members/:userId", { params: { id: group.id, userId: "me" } });
    onDone();
  };
  const label = owner ? texts.closeGroup : texts.leave;
  return (
    <>
      {owner && <p className="soft">{texts.ownerStays}</p>}
      <button className="secondary alarming" type="button" onClick={() => setAsking(true)}>
        {label}
      </button>
      {asking && (
        <ConfirmDialog
          title={owner ? texts.closeTitle : texts.leaveTitle}
          hint={owner ? texts.closeHint : texts.leaveHint}
          choices={[{ label, alarming: true, act: end }]}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
