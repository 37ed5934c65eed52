import type { z } from "zod";
import { type FieldError, ValidationError } from "./errors.ts";

/** As many complaints as an answer carries. */
const MOST_COMPLAINTS = 20;

/** Outside input as its schema has it, unknown fields stripped; VALIDATION with a complaint for each wrong place. */
export function validate<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, MOST_COMPLAINTS).map(complaint);
  throw new ValidationError(errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "), { errors });
}

const complaint = ({ path, message }: z.core.$ZodIssue): FieldError => ({ path: path.map(String).join("."), message });
