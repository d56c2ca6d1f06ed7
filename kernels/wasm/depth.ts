// How the sums of matrix products are cut, the same wherever they are computed.

/** Most terms of a block: a panel of B of that depth (10 KB) stays in the first-level cache. */
export const MAX_DEPTH: i32 = 320;

/** Terms of each block of a sum of k (the last may have fewer): blocks of nearly equal depth, as few as there can be. */
export function blockDepth(k: i32): i32 {
  if (k <= MAX_DEPTH) return k;
  const blocks = (k + MAX_DEPTH - 1) / MAX_DEPTH;
  return (k + blocks - 1) / blocks;
}
