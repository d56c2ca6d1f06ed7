/** Names that a graph defines, on top of those of the graph around it: nothing is copied, however many graphs there are. */
export class Names {
  private readonly own = new Set<string>()

  constructor(private readonly outer: Names | null = null) {}

  add(names: Iterable<string>): this {
    for (const name of names) this.own.add(name)
    return this
  }

  has(name: string): boolean {
    return this.own.has(name) || (this.outer?.has(name) ?? false)
  }
}
