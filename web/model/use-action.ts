import { useCallback, useState } from "react";
import { useTexts } from "../text/use-texts.tsx";
import { explain } from "./explain.ts";

interface Action {
  /** Runs the task; false if it failed, and `error` says why. */
  run(task: () => Promise<unknown>): Promise<boolean>;
  busy: boolean;
  error: string;
}

/** Something the user asked for, that takes a while and may fail. */
export function useAction(): Action {
  const texts = useTexts();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const run = useCallback(
    async (task: () => Promise<unknown>) => {
      setBusy(true);
      setError("");
      try {
        await task();
        return true;
      } catch (thrown) {
        setError(explain(thrown, texts));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [texts],
  );
  return { run, busy, error };
}
