import { createContext, useContext, useSyncExternalStore } from "react";
import type { ChatModel } from "./chat-model.ts";

export const ModelContext = createContext<ChatModel | undefined>(undefined);

/** The model, and a new drawing whenever it changes. */
export function useModel(): ChatModel {
  const model = useContext(ModelContext);
  if (!model) throw new Error("nothing here is inside a <ModelContext>");
  useSyncExternalStore(model.subscribe, model.version);
  return model;
}
