import { useSyncExternalStore } from "react";

const happenings = ["focus", "blur", "visibilitychange"];

function subscribe(listener: () => void): () => void {
  for (const happening of happenings) window.addEventListener(happening, listener, true);
  return () => {
    for (const happening of happenings) window.removeEventListener(happening, listener, true);
  };
}

/** Whether the user has the page before the eyes. */
export const useLooking = (): boolean =>
  useSyncExternalStore(subscribe, () => document.visibilityState === "visible" && document.hasFocus());
