import type { User } from "../../client/index.ts";
import { nameOfUser } from "../model/names.ts";
import { useTexts } from "../text/use-texts.tsx";
import { Avatar } from "./avatar.tsx";

/** A person who can be chosen. */
export function PersonButton({ user, onChoose }: { user: User; onChoose(): void }) {
  const name = nameOfUser(user, useTexts());
  return (
    <button className="row" type="button" onClick={onChoose}>
      <Avatar name={name} id={user.id} />
      <span className="grow">
        <span className="name ellipsis">{name}</span>
        <span className="preview ellipsis">@{user.username}</span>
      </span>
    </button>
  );
}
