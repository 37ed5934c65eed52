import { RequestError } from "../../client/index.ts";
import type { ChatRow } from "../model/chat-rows.ts";
import { explain } from "../model/explain.ts";
import { nameFor } from "../model/names.ts";
import type { OpenChat } from "../model/open-chat.ts";
import { useModel } from "../model/use-model.tsx";
import { useDates, useTexts } from "../text/use-texts.tsx";
import { LinkedText } from "./linked-text.tsx";
import { Quote } from "./quote.tsx";
import { Tick } from "./tick.tsx";

/** A message that the server does not have yet, or does not take. */
export function PendingItem({ row, chat }: { row: Extract<ChatRow, { kind: "pending" }>; chat: OpenChat }) {
  const model = useModel();
  const texts = useTexts();
  const dates = useDates();
  const { request, createdAt, failure } = row.item;
  const answered = request.replyTo === undefined ? undefined : chat.message(request.replyTo);
  return (
    <li className={row.follows ? "message mine follows" : "message mine"}>
      <div className={failure ? "bubble failed" : "bubble pending"}>
        {answered && <Quote message={answered} name={nameFor(model, answered.senderId, texts)} onChoose={() => undefined} />}
        <p dir="auto">
          <LinkedText text={request.content} />
        </p>
        <span className="note">
          <time dateTime={createdAt}>{dates.time(createdAt)}</time>
          {!failure && <Tick state="sending" />}
        </span>
        {failure && (
          <Failure clientMsgId={row.item.clientMsgId} why={explain(new RequestError(failure.code, failure.message), texts)} />
        )}
      </div>
    </li>
  );
}

function Failure({ clientMsgId, why }: { clientMsgId: string; why: string }) {
  const { client } = useModel();
  const texts = useTexts();
  return (
    <span className="failure">
      <span role="alert">{texts.said(texts.notSent, why)}</span>{" "}
      <button className="link" type="button" onClick={() => client.retry(clientMsgId)}>
        {texts.retry}
      </button>{" "}
      <button className="link" type="button" onClick={() => client.discard(clientMsgId)}>
        {texts.discard}
      </button>
    </span>
  );
}
