import { RequestError, type RequestErrorCode } from "../../client/index.ts";
import type { Texts } from "../text/en.ts";

const said: Partial<Record<RequestErrorCode, (texts: Texts) => string>> = {
  UNAUTHENTICATED: (texts) => texts.wrongPassword,
  CONFLICT: (texts) => texts.usernameTaken,
  RATE_LIMITED: (texts) => texts.tooMany,
  OVERLOADED: (texts) => texts.tooMany,
  DISCONNECTED: (texts) => texts.unreachable,
  TIMEOUT: (texts) => texts.unreachable,
  UNAVAILABLE: (texts) => texts.unreachable,
  FORBIDDEN: (texts) => texts.forbidden,
  GONE: (texts) => texts.gone,
  NOT_FOUND: (texts) => texts.gone,
};

const rules: Record<string, (texts: Texts) => string> = {
  username: (texts) => texts.usernameRule,
  password: (texts) => texts.passwordRule,
};

/** What went wrong, in the reader's language; what the page has no words for, in the server's. */
export function explain(error: unknown, texts: Texts): string {
  if (!(error instanceof RequestError)) return texts.failed;
  const field = error.errors.map(({ path }) => rules[path]?.(texts)).find(Boolean);
  return field ?? said[error.code]?.(texts) ?? error.message;
}
