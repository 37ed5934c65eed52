import { z } from "zod";
import { limits } from "../limits.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One row of the REST table. Path parameters are written `:id`. All paths but the probes lie under `/api/v1`. */
export interface RouteContract {
  summary: string;
  /** "bearer" unless the row is for who has no token yet. */
  auth: "none" | "bearer";
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Status of success; `answer` is absent where it is 204. */
  status: 200 | 201 | 204;
  /** A second good status, with the same answer: `POST …/messages` answers 200 for a duplicate. */
  alsoStatus?: 200;
  answer?: z.ZodType;
}

export type RouteTable = Record<`${Method} /${string}`, RouteContract>;

const digits = z
  .string()
  .regex(/^\d{1,16}$/, "is not a whole number")
  .transform(Number);

/** A number in a query string, within bounds. */
export const queryInt = (min: number, max: number) => digits.pipe(z.int().min(min).max(max));

export const pageQuery = {
  limit: queryInt(1, limits.pageMax).default(limits.pageDefault),
  cursor: z.string().max(1024).optional(),
};

export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });
