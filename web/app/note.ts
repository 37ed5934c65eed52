import type { Texts } from "../text/en.ts";

const key = "switchboard/note";
type Note = "signedOutHere";

/** Leaves a word for the page as it will be after a reload. */
export const leaveNote = (note: Note): void => sessionStorage.setItem(key, note);

/** Reads that word once. */
export function takeNote(texts: Texts): string {
  const note = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return note === "signedOutHere" ? texts.signedOutHere : "";
}
