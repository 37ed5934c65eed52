const paths = {
  back: "m15 5-7 7 7 7",
  close: "m6 6 12 12M18 6 6 18",
  down: "M12 5v14m-6-6 6 6 6-6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  newGroup: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8a6.5 6.5 0 0 1 13 0M19 8v6m-3-3h6",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5m2.5 2.4a6.5 6.5 0 0 1 3 5.6",
  reply: "m9 7-5 5 5 5M4 12h10a6 6 0 0 1 6 6v1",
  send: "M12 19V5m-6 6 6-6 6 6",
  settings:
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm7.4-3c0-.5 0-.9-.1-1.4l2-1.5-2-3.4-2.3 1a7.5 7.5 0 0 0-2.4-1.4L14.2 3h-4l-.4 2.3a7.5 7.5 0 0 0-2.4 1.4l-2.3-1-2 3.4 2 1.5a8 8 0 0 0 0 2.8l-2 1.5 2 3.4 2.3-1a7.5 7.5 0 0 0 2.4 1.4l.4 2.3h4l.4-2.3a7.5 7.5 0 0 0 2.4-1.4l2.3 1 2-3.4-2-1.5c.1-.5.1-.9.1-1.4Z",
};

export type IconName = keyof typeof paths;

/** A drawing for the eye alone: what carries it has a name of its own. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);
