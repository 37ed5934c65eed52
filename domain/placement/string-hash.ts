/**
 * FNV-1a over UTF-16 units with the finalizer of MurmurHash3, which spreads what FNV leaves clustered in ids
 * that differ at their end only. Unsigned 32 bits. Every node must compute the same.
 */
export function stringHash(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** A bijection of 32 bits in which each input bit changes half of the output bits. */
export function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
