import type { CurrentMessage } from "../../client/index.ts";
import { useTexts } from "../text/use-texts.tsx";

export function Reactions({ message, onReact }: { message: CurrentMessage; onReact(emoji: string): void }) {
  const texts = useTexts();
  const all = Object.entries(message.reactions);
  if (all.length === 0) return null;
  return (
    <span className="reactions">
      {all.map(([emoji, { count, me }]) => (
        <button
          key={emoji}
          type="button"
          className={me ? "me" : undefined}
          aria-pressed={me}
          aria-label={texts.reactions(emoji, count)}
          onClick={() => onReact(emoji)}
        >
          {emoji}
          {count > 1 && <span>{count}</span>}
        </button>
      ))}
    </span>
  );
}
