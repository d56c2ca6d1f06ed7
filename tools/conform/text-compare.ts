const relative = 1e-5

/** Collects the first difference and the worst error of one case. Structures must be equal, not similar. */
export class Comparison {
  worst = 0
  problem: string | undefined

  /** Records that something is wrong beyond any tolerance. */
  fail(what: string, needed: string): void {
    this.worst = Number.POSITIVE_INFINITY
    this.problem ??= `${what}: needs ${needed}`
  }

  /** Strings, whole numbers and their nested lists: equal, or failed. */
  same(what: string, got: unknown, want: unknown): void {
    this.#walk(what, got, want, (left, right) => (Object.is(left, right) ? 0 : Number.POSITIVE_INFINITY))
  }

  /** Nested lists of numbers: equal in structure, each number within 1e-5 of the wanted one. */
  close(what: string, got: unknown, want: unknown): void {
    this.#walk(what, got, want, (left, right) => {
      if (left === right) return 0
      if (typeof left !== 'number' || typeof right !== 'number') return Number.POSITIVE_INFINITY
      const error = Math.abs(left - right) / (relative * Math.abs(right))
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
    })
  }

  #walk(what: string, got: unknown, want: unknown, error: (got: unknown, want: unknown) => number): void {
    if (Array.isArray(want)) {
      if (!Array.isArray(got)) this.fail(what, `a list of ${want.length}, got ${JSON.stringify(got)}`)
      else if (got.length !== want.length) this.fail(what, `${want.length} entries, got ${got.length}`)
      else
        want.forEach((entry, position) => {
          this.#walk(`${what}[${position}]`, got[position], entry, error)
        })
      return
    }
    const off = error(got, want)
    this.worst = Math.max(this.worst, off)
    if (off > 1) this.problem ??= `${what}: needs ${JSON.stringify(want)}, got ${JSON.stringify(got)}`
  }
}
