/** Rows under a heading, in columns as wide as they need to be; numbers to the right. */
export function textTable(heading: string[], rows: (string | number)[][]): string {
  const widths = heading.map((title, i) => Math.max(title.length, ...rows.map((row) => String(row[i] ?? "").length)));
  const line = (cells: (string | number)[]) =>
    widths
      .map((width, i) => (typeof cells[i] === "number" ? String(cells[i]).padStart(width) : String(cells[i] ?? "").padEnd(width)))
      .join("  ")
      .trimEnd();
  return [line(heading), ...rows.map(line)].join("\n");
}
