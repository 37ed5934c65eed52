import type { Send } from "./history.ts";
import { type Judgement, verdicts } from "./judge.ts";

const SHOWN = 20;

/** What a person reads. */
export function verdictLines({ violations, kept, unanswered, refused }: Judgement): string[] {
  const counts = verdicts.map((verdict) => `${violations.filter((one) => one.verdict === verdict).length} ${verdict}`);
  const lines = violations.map(
    ({ verdict, conversationId, what, because }) => `  ${verdict} ${what} of ${conversationId}: ${because}`,
  );
  const more = lines.length > SHOWN ? [`  and ${lines.length - SHOWN} more`] : [];
  return [
    ...lines.slice(0, SHOWN),
    ...more,
    `${kept} acknowledged and kept, ${counts.join(", ")}; ${unanswered} unanswered, ${refused} refused`,
  ];
}

/** How long acknowledgements took, in words. */
export function paceLine(sends: Send[]): string {
  const times = sends
    .flatMap(({ at, outcome }) => (outcome?.kind === "acknowledged" ? [outcome.at - at] : []))
    .sort((a, b) => a - b);
  const at = (share: number) => ((times[Math.floor((times.length - 1) * share)] ?? 0) / 1000).toFixed(2);
  return `acknowledged within ${at(0.5)} s (median), ${at(0.99)} s (99 %), ${at(1)} s (slowest)`;
}
