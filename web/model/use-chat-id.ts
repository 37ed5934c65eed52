import { useSyncExternalStore } from "react";

const subscribe = (listener: () => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

/** The conversation that the address names: `#/<id>`. */
export const useChatId = (): string | undefined => useSyncExternalStore(subscribe, () => location.hash.slice(2)) || undefined;

export const goToChat = (id: string): void => {
  location.hash = `/${id}`;
};
