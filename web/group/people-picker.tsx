import { useRef, useState } from "react";
import type { User } from "../../client/index.ts";
import { nameOfUser } from "../model/names.ts";
import { PersonButton } from "../parts/person-button.tsx";
import { useFoundPeople } from "../parts/use-found-people.ts";
import { useTexts } from "../text/use-texts.tsx";

interface PeoplePickerProps {
  chosen: User[];
  onChange(chosen: User[]): void;
  /** Who cannot be chosen: is in it already. */
  without?: ReadonlySet<string>;
}

/** Finds people by name and gathers them. */
export function PeoplePicker({ chosen, onChange, without }: PeoplePickerProps) {
  const texts = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const found = useFoundPeople(query)?.filter(({ id }) => !without?.has(id) && !chosen.some((user) => user.id === id));
  const choose = (user: User) => {
    onChange([...chosen, user]);
    setQuery("");
    input.current?.focus();
  };
  return (
    <div className="stack tight">
      <label>
        {texts.addPeople}
        <input
          ref={input}
          type="search"
          value={query}
          placeholder={texts.findByName}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setQuery(target.value)}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        />
      </label>
      <ul className="list" aria-label={texts.people}>
        {found?.map((user) => (
          <li key={user.id}>
            <PersonButton user={user} onChoose={() => choose(user)} />
          </li>
        ))}
      </ul>
      <ChosenPeople chosen={chosen} onChange={onChange} />
    </div>
  );
}

function ChosenPeople({ chosen, onChange }: Pick<PeoplePickerProps, "chosen" | "onChange">) {
  const texts = useTexts();
  if (chosen.length === 0) return null;
  return (
    <ul className="chips" aria-label={texts.chosen}>
      {chosen.map((user) => {
        const name = nameOfUser(user, texts);
        return (
          <li key={user.id}>
            <button type="button" aria-label={texts.takeOut(name)} onClick={() => onChange(chosen.filter((one) => one !== user))}>
              {name} ✕
            </button>
          </li>
        );
      })}
    </ul>
  );
}
