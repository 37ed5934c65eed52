import { z } from "zod";
import { limits } from "./limits.ts";

/** U+0000–U+001F and U+007F–U+009F, but for tab, line feed and carriage return. */
const CONTROL = /(?![\t\n\r])\p{Cc}/u;
const CONTROL_OR_BIDI = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** The schema language counts code points, of which some take two units. */
const tooLong = (max: number) => `has more than ${max} UTF-16 units`;

/**
 * Running text: any Unicode that can be written as UTF-8 and shown. Lone surrogates and control
 * characters are refused; bidi marks are allowed, since right-to-left text needs them.
 * `min` and `max` count UTF-16 units.
 */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((s) => s.length <= max, tooLong(max))
    .refine((s) => s.isWellFormed(), "has a lone surrogate")
    .refine((s) => !CONTROL.test(s), "has a control character");
}

/** One line that names something: neither control nor bidi characters, no blank edges. */
export function nameText(min: number, max: number) {
  return z
    .string()
    .trim()
    .min(min)
    .max(max)
    .refine((s) => s.length <= max, tooLong(max))
    .refine((s) => s.isWellFormed(), "has a lone surrogate")
    .refine((s) => !CONTROL_OR_BIDI.test(s), "has a control or direction character");
}

/** Text that null takes away, as the empty text does. */
export const removable = (schema: z.ZodType<string, string>) => schema.nullable().transform((value) => value ?? "");

/** An opaque id, as a client may send it: bounded, printable ASCII. */
export const id = z.string().regex(/^[\x21-\x7e]{1,128}$/, "is not an id");

/** An id that a client makes for a write of its own. */
export const clientMsgId = text(1, limits.clientMsgIdLength);

/** A place in a log, as JSON carries it. */
export const seq = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const timestamp = z.iso.datetime({ precision: 3 }).meta({ description: "ISO-8601 UTC with milliseconds" });
