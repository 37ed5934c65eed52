import { Errors } from "moleculer";
import { ChatError, type ErrorCode, type ErrorData } from "../../contracts/errors.ts";

type PlainError = Parameters<Errors.Regenerator["restore"]>[0];

/** Gives a ChatError its class back after it crossed nodes. The base class would assign to what a ChatError derives. */
export class ChatErrorRegenerator extends Errors.Regenerator {
  override restore(plain: PlainError, payload: Record<string, unknown>): Error {
    if (plain.name !== "ChatError") return super.restore(plain, payload);
    const { code, message, data }: { code?: unknown; message: string; data?: ErrorData } = plain;
    return new ChatError(code as ErrorCode, message, data ?? {});
  }
}
