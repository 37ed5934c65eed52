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
