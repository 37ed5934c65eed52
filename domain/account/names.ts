/** The form in which names are compared: two that look or sound like one name to a person have one form. */
export function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** What somebody typed to sign in. A username has neither `@` nor `+`, so what it is shows. */
export function loginName(typed: string): { kind: "username" | "email" | "phone"; key: string } {
  const name = typed.trim();
  if (name.includes("@")) return { kind: "email", key: fold(name) };
  if (name.startsWith("+")) return { kind: "phone", key: name.replace(/[\s().-]/g, "") };
  return { kind: "username", key: fold(name) };
}

/** What a user is found by: the username, the words of the display name, and the parts of such words (`Anna-Lena`). */
export function searchTerms(username: string, displayName: string): string[] {
  const words = searchWords(displayName);
  const parts = words.flatMap((word) => word.split(/[^\p{L}\p{M}\p{N}]+/u));
  return [...new Set([fold(username), ...words, ...parts])].filter(Boolean);
}

/** A query as words, each of which must be the beginning of one of the user's terms. */
export function searchWords(query: string): string[] {
  return fold(query).split(/\s+/u).filter(Boolean);
}
