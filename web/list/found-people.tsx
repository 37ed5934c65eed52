import { PersonButton } from "../parts/person-button.tsx";
import { useFoundPeople } from "../parts/use-found-people.ts";
import { useTexts } from "../text/use-texts.tsx";

export function FoundPeople({ query, onChoose }: { query: string; onChoose(userId: string): void }) {
  const texts = useTexts();
  const found = useFoundPeople(query);
  return (
    <section aria-label={texts.people}>
      <h2 className="list-title">{texts.people}</h2>
      <ul className="list">
        {found?.map((user) => (
          <li key={user.id}>
            <PersonButton user={user} onChoose={() => onChoose(user.id)} />
          </li>
        ))}
      </ul>
      <p className="hint" role="status">
        {found?.length === 0 && texts.nobodyFound(query.trim())}
      </p>
    </section>
  );
}
