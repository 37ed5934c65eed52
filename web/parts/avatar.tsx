const hues = 8;

/** A picture of a name: its initials, on a colour of its own; round for a person, a square for a group. */
export function Avatar({
  name,
  id,
  group = false,
  online = false,
  small = false,
}: {
  name: string;
  id: string;
  group?: boolean;
  online?: boolean;
  small?: boolean;
}) {
  const classes = ["avatar", `hue${hueOf(id)}`, group && "group", online && "online", small && "small"].filter(Boolean).join(" ");
  return (
    <span className={classes} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

const initialsOf = (name: string) =>
  [...name.matchAll(/(?:^|\s)(\S)/gu)]
    .map(([, first]) => first)
    .slice(0, 2)
    .join("")
    .toUpperCase();

const hueOf = (id: string) => [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7) % hues;
