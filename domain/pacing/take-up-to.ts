/** Takes the first of the items out of the list: as many as together weigh no more than `most`, at least one. */
export function takeUpTo<T>(most: number, items: T[], weigh: (item: T) => number): T[] {
  let count = 0;
  let weight = 0;
  for (const item of items) {
    weight += weigh(item);
    if (count > 0 && weight > most) break;
    count++;
  }
  return items.splice(0, count);
}
