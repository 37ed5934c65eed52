import { useEffect, useState } from "react";
import type { User } from "../../client/index.ts";
import { useModel } from "../model/use-model.tsx";

const pauseMs = 200;

/** The people whose names begin so, when typing pauses; undefined until that is known. */
export function useFoundPeople(query: string): User[] | undefined {
  const { people } = useModel();
  const [found, setFound] = useState<User[]>();
  const q = query.trim();
  useEffect(() => {
    setFound(undefined);
    if (!q) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      const users = await people.find(q).catch(() => []);
      if (wanted) setFound(users);
    }, pauseMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [people, q]);
  return found;
}
