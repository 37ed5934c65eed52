import type { z } from "zod";
import { type FieldError, ValidationError } from "./errors.ts";

/** As many complaints as an answer carries. */
const MOST_COMPLAINTS = 20;

/** Outside input as its schema has it, unknown fields stripped; VALIDATION with a complaint for each wrong place. */
export function validate<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = complaints(parsed.error.issues);
  throw new ValidationError(errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "), { errors });
}

/** The first complaint about each place. */
function complaints(issues: z.core.$ZodIssue[]): FieldError[] {
  const byPath = new Map<string, FieldError>();
  for (const { path: steps, message } of issues) {
    const path = steps.map(String).join(".");
    if (!byPath.has(path)) byPath.set(path, { path, message });
  }
  return [...byPath.values()].slice(0, MOST_COMPLAINTS);
}
