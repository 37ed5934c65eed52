import type { Notice } from "../../client/index.ts";
import type { ChatModel } from "../model/chat-model.ts";
import { nameFor } from "../model/names.ts";
import { useModel } from "../model/use-model.tsx";
import type { Texts } from "../text/en.ts";
import { useTexts } from "../text/use-texts.tsx";

const mostNamed = 5;

/** What happened in the group, as a line. */
export function NoticeItem({ notice }: { notice: Notice }) {
  const model = useModel();
  return <li className="notice">{noticeText(notice, model, useTexts())}</li>;
}

function noticeText(notice: Notice, model: ChatModel, texts: Texts): string {
  const who = nameFor(model, notice.senderId, texts);
  const { notices } = texts;
  if (notice.kind === "update") {
    const { closed, name } = notice.changes;
    return closed ? notices.close(who) : name !== undefined ? notices.rename(who, name) : notices.update(who);
  }
  const whom = namesOf(notice.userIds, model, texts);
  return notices[notice.op](who, whom, texts.roles[notice.role ?? "member"]);
}

function namesOf(userIds: string[], model: ChatModel, texts: Texts): string {
  const names = userIds
    .slice(0, mostNamed)
    .map((id) => (id === model.user?.id ? texts.youToo : nameFor(model, id, texts)))
    .join(", ");
  return userIds.length > mostNamed ? `${names} +${userIds.length - mostNamed}` : names;
}
