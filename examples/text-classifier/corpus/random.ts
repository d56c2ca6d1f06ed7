/** A small seeded generator of numbers from 0 (included) to 1 (excluded): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One entry, each as likely as the others. */
export function pick<T>(entries: readonly T[], random: () => number): T {
  return entries[Math.floor(random() * entries.length)]
}

/** The entries in a random order. */
export function shuffled<T>(entries: readonly T[], random: () => number): T[] {
  const result = [...entries]
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const moved = result[last]
    result[last] = result[other]
    result[other] = moved
  }
  return result
}
