import type { CurrentMessage } from "../../client/index.ts";
import { useTexts } from "../text/use-texts.tsx";

interface QuoteProps {
  /** Undefined while it is further back than what is here. */
  message: CurrentMessage | undefined;
  name: string | undefined;
  onChoose(): void;
}

/** The message that another one answers; leads to it. */
export function Quote({ message, name, onChoose }: QuoteProps) {
  const texts = useTexts();
  const text = message ? (message.deletedAt ? texts.deleted : message.content || message.type) : texts.earlierMessage;
  return (
    <button className="quote" type="button" title={name && texts.goToQuote(name)} onClick={onChoose}>
      {name && <span className="sender">{name}</span>}
      <span className="quoted ellipsis">{text}</span>
    </button>
  );
}
