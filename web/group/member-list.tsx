import { useState } from "react";
import type { Group, Member, Role } from "../../client/index.ts";
import { nameOfUser } from "../model/names.ts";
import { useAction } from "../model/use-action.ts";
import { useModel } from "../model/use-model.tsx";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import { useTexts } from "../text/use-texts.tsx";

interface MemberListProps {
  group: Group;
  members: Member[];
  /** Whether this user may change who is in it. */
  manages: boolean;
}

export function MemberList({ group, members, manages }: MemberListProps) {
  const texts = useTexts();
  const { user: me } = useModel();
  const { run, error } = useAction();
  return (
    <>
      <p className="error" role="alert">
        {error}
      </p>
      <ul className="list" aria-label={texts.memberList}>
        {members.map((member) => (
          <li key={member.user.id} className="row">
            <Avatar name={nameOfUser(member.user, texts)} id={member.user.id} small />
            <span className="grow ellipsis">{nameOfUser(member.user, texts)}</span>
            {member.role !== "member" && <span className="role">{texts.roles[member.role]}</span>}
            {manages && member.user.id !== me?.id && member.role !== "owner" && (
              <MemberMenu group={group} member={member} run={run} />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

interface MemberMenuProps {
  group: Group;
  member: Member;
  run(task: () => Promise<unknown>): Promise<boolean>;
}

function MemberMenu({ group, member: { user, role }, run }: MemberMenuProps) {
  const texts = useTexts();
  const { client } = useModel();
  const [anchor, setAnchor] = useState<HTMLElement>();
  const label = texts.memberActions(nameOfUser(user, texts));
  const params = { id: group.id, userId: user.id };
  const choose = (task: () => Promise<unknown>) => {
    setAnchor(undefined);
    void run(task);
  };
  const give = (given: Role) => choose(() => client.call("PATCH /groups/:id/members/:userId", { params, body: { role: given } }));
  const remove = () => choose(() => client.call("DELETE /groups/:id/members/:userId", { params }));
  return (
    <>
      <button
        className="icon"
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={anchor !== undefined}
        onClick={({ currentTarget }) => setAnchor(currentTarget)}
      >
        <Icon name="more" />
      </button>
      {anchor && (
        <Menu label={label} anchor={anchor} onClose={() => setAnchor(undefined)}>
          {group.myRole === "owner" && role === "member" && <MenuItem onChoose={() => give("admin")}>{texts.makeAdmin}</MenuItem>}
          {group.myRole === "owner" && role === "admin" && (
            <MenuItem onChoose={() => give("member")}>{texts.makeMember}</MenuItem>
          )}
          {group.myRole === "owner" && <MenuItem onChoose={() => give("owner")}>{texts.makeOwner}</MenuItem>}
          <MenuItem alarming onChoose={remove}>
            {texts.remove}
          </MenuItem>
        </Menu>
      )}
    </>
  );
}
