import type { Outcome } from "../parts/part.ts";

/** The figures of a part, one a row under a head, the subjects side by side; beside each its ratio, if it has one. */
export function rowsOf({ figures, ratios }: Outcome): string[][] {
  const subjects = [...new Set(figures.flatMap(({ values }) => Object.keys(values)))];
  const head = ["", ...subjects, ""];
  const rows = figures.map(({ name, unit, says, values }) => [
    name,
    ...subjects.map((subject) => cell(values[subject], unit, ratios[`${name}.${subject}`])),
    says,
  ]);
  return [head, ...rows];
}

/** The same in columns. */
export function table(outcome: Outcome): string {
  const rows = rowsOf(outcome);
  const [head = []] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(i === row.length - 1 ? 0 : (widths[i] ?? 0))))
      .join("   ");
  return rows.map(line).join("\n");
}

function cell(value: number | undefined, unit: string, ratio: number | undefined): string {
  if (value === undefined) return "–";
  const text = `${short(value)} ${unit}`.trim();
  return ratio === undefined ? text : `${text} (×${ratio.toFixed(2)})`;
}

const short = (value: number) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
