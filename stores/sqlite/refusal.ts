import type { RefusalReason } from "./commands.ts";

/** Why the writer will not store something. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, detail: string) {
    super(detail);
    this.name = "Refusal";
    this.reason = reason;
  }
}
