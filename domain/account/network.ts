const GROUPS = 8;
/** Half of an IPv6 address is one customer's to choose. */
const OF_ITS_NETWORK = 4;

/** What stands for whoever has this address: an IPv4 address itself, of an IPv6 address the first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [before = "", after] = (address.split("%", 1)[0] ?? "").split("::");
  const head = groupsOf(before);
  const tail = groupsOf(after ?? "");
  const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => 0);
  const groups = [...head, ...zeros, ...tail].slice(0, OF_ITS_NETWORK);
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}

const groupsOf = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
