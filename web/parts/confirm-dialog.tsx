import { useAction } from "../model/use-action.ts";
import { useTexts } from "../text/use-texts.tsx";
import { Dialog } from "./dialog.tsx";

interface Choice {
  label: string;
  alarming?: boolean;
  act(): Promise<unknown>;
}

interface ConfirmDialogProps {
  title: string;
  hint?: string;
  choices: Choice[];
  onClose(): void;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, hint, choices, onClose }: ConfirmDialogProps) {
  const texts = useTexts();
  const { run, busy, error } = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">
        {hint && <p className="soft">{hint}</p>}
        <p className="error" role="alert">
          {error}
        </p>
        {choices.map(({ label, alarming, act }) => (
          <button
            key={label}
            className={alarming ? "secondary alarming" : "secondary"}
            type="button"
            disabled={busy}
            onClick={async () => (await run(act)) && onClose()}
          >
            {label}
          </button>
        ))}
        <button className="link" type="button" onClick={onClose}>
          {texts.cancel}
        </button>
      </div>
    </Dialog>
  );
}
