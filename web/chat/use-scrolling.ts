import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ChatRow } from "../model/chat-rows.ts";
import type { OpenChat } from "../model/open-chat.ts";

const nearEnd = 80;
/** Earlier messages are read when the first one comes so near. */
const nearBeginning = 600;

interface Scrolling {
  ref: RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  toEnd(): void;
}

interface Place {
  /** Whether reading began: at what is new, or else at the end. */
  begun: boolean;
  atEnd: boolean;
  /** From the end of all to the upper edge of the view. */
  fromEnd: number;
  firstKey: string | undefined;
  lastKey: string | undefined;
}

/** Keeps the reader's place: what comes above moves nothing, who is at the end stays there, and what one sends is seen. */
export function useScrolling(chat: OpenChat, rows: ChatRow[]): Scrolling {
  const ref = useRef<HTMLDivElement>(null);
  const place = useRef<Place>({ begun: false, atEnd: true, fromEnd: 0, firstKey: undefined, lastKey: undefined });
  const [atEnd, setAtEnd] = useState(true);

  const measure = useCallback(() => {
    const view = ref.current;
    if (!view) return;
    const fromEnd = view.scrollHeight - view.scrollTop;
    place.current.fromEnd = fromEnd;
    place.current.atEnd = fromEnd - view.clientHeight < nearEnd;
    setAtEnd(place.current.atEnd);
    if (view.scrollTop < nearBeginning && chat.loaded && chat.hasMoreBefore) void chat.older();
  }, [chat]);

  const toEnd = useCallback(() => {
    const view = ref.current;
    if (view) view.scrollTop = view.scrollHeight;
    measure();
  }, [measure]);

  useLayoutEffect(() => {
    const view = ref.current;
    if (!view || rows.length === 0) return;
    settle(view, place.current, rows);
    measure();
  });

  useEffect(() => {
    const view = ref.current;
    if (!view) return;
    const resized = new ResizeObserver(() => place.current.atEnd && toEnd());
    resized.observe(view);
    view.addEventListener("scroll", measure, { passive: true });
    return () => {
      resized.disconnect();
      view.removeEventListener("scroll", measure);
    };
  }, [measure, toEnd]);

  return { ref, atEnd, toEnd };
}

function settle(view: HTMLElement, place: Place, rows: ChatRow[]): void {
  const [first, last] = [rows[0]?.key, rows.at(-1)?.key];
  const sent = last !== place.lastKey && rows.at(-1)?.kind === "pending";
  const unread = place.begun ? null : view.querySelector(".unread-line");
  if (unread) unread.scrollIntoView({ block: "start" });
  else if (!place.begun || sent) view.scrollTop = view.scrollHeight;
  else if (first !== place.firstKey) view.scrollTop = view.scrollHeight - place.fromEnd;
  else if (place.atEnd) view.scrollTop = view.scrollHeight;
  place.begun = true;
  place.firstKey = first;
  place.lastKey = last;
}
