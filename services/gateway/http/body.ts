import { ValidationError } from "../../../contracts/errors.ts";
import { limits } from "../../../contracts/limits.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const otherCharset = /;\s*charset=(?!"?utf-?8\b)/i;

/** The JSON value of a body. VALIDATION unless it says that it is JSON and is: UTF-8, well formed, not too deep. */
export function jsonBody(bytes: Buffer | undefined, contentType: string | undefined): unknown {
  if (!bytes?.length) throw ValidationError.at("", "a JSON body is needed");
  if (!isJson(contentType ?? "")) throw ValidationError.at("", "Content-Type must be application/json, in UTF-8");
  const value = parsed(decoded(bytes));
  if (isDeeper(value, limits.jsonDepth)) throw ValidationError.at("", `the body is nested more than ${limits.jsonDepth} deep`);
  return value;
}

const isJson = (contentType: string) => jsonType.test(contentType) && !otherCharset.test(contentType);

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw ValidationError.at("", "the body is not UTF-8");
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ValidationError.at("", "the body is not JSON");
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1));
}
