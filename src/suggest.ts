/** Edits (insert, delete, replace) that turn a into b, ignoring case. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1].toLowerCase() === b[j - 1].toLowerCase()
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}

/** A hint for an unknown name: the nearest known one, if it is near, and the list. */
export function suggestName(wrong: string, known: readonly string[]): string {
  const plain = wrong.replaceAll(/[_\s-]/g, '').slice(0, 64)
  const ranked = known.map(name => ({ name, edits: distance(plain, name) })).sort((a, b) => a.edits - b.edits)
  const [best] = ranked
  const near = best !== undefined && best.edits <= Math.max(1, Math.ceil(best.name.length / 3))
  return `${near ? `did you mean '${best.name}'? ` : ''}There are ${known.map(name => `'${name}'`).join(', ')}.`
}
