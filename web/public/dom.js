/** The element with that id; the page has it. */
export const $ = (id) => document.getElementById(id);

/** A new element. Text is only ever set as text. */
export function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children.filter(Boolean));
  return made;
}

/**
 * Makes `parent` show `items` in order. What shows the same as before stays the same element, so that focus,
 * selection and screen readers are not disturbed. `keyOf` names an item; `make` builds it from its plain data.
 */
export function show(parent, items, keyOf, make) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const after = items.map((item) => {
    const key = keyOf(item);
    const shown = JSON.stringify(item);
    const same = before.get(key);
    if (same?.shown === shown) return same;
    const made = make(item);
    made.dataset.key = key;
    made.shown = shown;
    return made;
  });
  for (const child of [...parent.children]) if (!after.includes(child)) child.remove();
  after.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}

/** A round picture of a name: its initials, on a colour of its own. */
export function avatar(name, id, online = false) {
  const initials = [...name.matchAll(/(?:^|\s)(\S)/gu)]
    .map((match) => match[1])
    .slice(0, 2)
    .join("")
    .toUpperCase();
  const hue = [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7) % 8;
  return element("span", { class: `avatar hue${hue}${online ? " online" : ""}`, "aria-hidden": "true", text: initials });
}

/** Runs `task` when calls have ceased for `ms`. */
export function debounced(task, ms) {
  let timer;
  return (...input) => {
    clearTimeout(timer);
    timer = setTimeout(() => task(...input), ms);
  };
}

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayName = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const startOfDay = (date) => new Date(date).setHours(0, 0, 0, 0);

export const timeOf = (iso) => clockTime.format(new Date(iso));

export function dayOf(iso) {
  const days = Math.round((startOfDay(Date.now()) - startOfDay(iso)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : dayName.format(new Date(iso));
}

/** A time if it is today, else the day. */
export const momentOf = (iso) => (startOfDay(iso) === startOfDay(Date.now()) ? timeOf(iso) : shortDay.format(new Date(iso)));
