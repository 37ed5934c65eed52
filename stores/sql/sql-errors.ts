import { ChatError, UnavailableError } from "../../contracts/errors.ts";
import { UniqueViolation } from "../sql.ts";

/** SQLSTATE classes in which the database, not the statement, is at fault: connection, resources, operator. */
const unavailable = /^(08|53|57|58|F0)/;

/** What a driver threw, in the words of the Sql port. What is not a failure of the database passes unchanged. */
export function sqlError(thrown: unknown): unknown {
  if (thrown instanceof ChatError) return thrown;
  forgetValues(thrown);
  const { code, constraint } = (thrown ?? {}) as { code?: unknown; constraint?: string };
  if (code === "23505") return new UniqueViolation(constraint ?? "", { cause: thrown });
  if (typeof code === "string" && unavailable.test(code)) return unavailableBecause(thrown);
  return thrown;
}

/** A statement's values are names, addresses, hashes: nothing for a log. */
function forgetValues(thrown: unknown): void {
  if (thrown instanceof Error) Object.assign(thrown, { params: undefined, detail: undefined });
}

export function unavailableBecause(cause: unknown): UnavailableError {
  const error = new UnavailableError("The accounts database is not available");
  error.cause = cause;
  return error;
}
