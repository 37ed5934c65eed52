import { useTexts } from "../text/use-texts.tsx";

const one = "m2 8.5 3.5 3.5L13 4";
const two = "m2 8.5 3.5 3.5L13 4m-3 7 1 1 7.5-8";

/** How far a message of one's own has come. */
export function Tick({ state }: { state: "sending" | "sent" | "delivered" | "read" }) {
  const says = useTexts()[state];
  return (
    <span className={`tick ${state}`} role="img" aria-label={says} title={says}>
      <svg viewBox="0 0 20 16" aria-hidden="true">
        {state === "sending" ? (
          <path d="M8 4v4l2.5 1.5M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z" />
        ) : (
          <path d={state === "sent" ? one : two} />
        )}
      </svg>
    </span>
  );
}
