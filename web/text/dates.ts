import type { Texts } from "./en.ts";

const dayMs = 86_400_000;
const startOfDay = (date: string | number) => new Date(date).setHours(0, 0, 0, 0);

/** How times are said in one language. */
export interface Dates {
  time(iso: string): string;
  day(iso: string): string;
  /** A time if it is today, else the day. */
  moment(iso: string): string;
}

export function datesIn(tag: string, texts: Texts, now: () => number = Date.now): Dates {
  const time = new Intl.DateTimeFormat(tag, { hour: "numeric", minute: "2-digit" });
  const longDay = new Intl.DateTimeFormat(tag, { weekday: "long", day: "numeric", month: "long" });
  const shortDay = new Intl.DateTimeFormat(tag, { day: "numeric", month: "short" });
  const daysAgo = (iso: string) => Math.round((startOfDay(now()) - startOfDay(iso)) / dayMs);
  return {
    time: (iso) => time.format(new Date(iso)),
    day: (iso) => [texts.today, texts.yesterday][daysAgo(iso)] ?? longDay.format(new Date(iso)),
    moment: (iso) => (daysAgo(iso) === 0 ? time : shortDay).format(new Date(iso)),
  };
}
