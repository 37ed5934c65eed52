import { z } from "zod";
import { type ErrorCode, errorCodes, type Problem, type SocketError } from "../errors.ts";

const code = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).meta({
  description: Object.entries(errorCodes)
    .map(([name, { status, title }]) => `\`${name}\` (${status}): ${title}.`)
    .join(" "),
});

const data = {
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: "one for each wrong place of the input" }),
  retryAfterMs: z.number().optional(),
  revoked: z.literal(true).optional().meta({ description: "the device was signed out: stay away" }),
};

/** RFC 9457, as every failed REST call answers. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code,
  ...data,
}) satisfies z.ZodType<Problem>;

/** In an acknowledgement over a socket. */
export const socketError = z.object({ code, message: z.string(), ...data }) satisfies z.ZodType<SocketError>;
