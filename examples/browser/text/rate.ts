/** Examples per second while batches are trained: validation, and what comes before the first batch, do not count. */
export class Rate {
  private examples = 0
  private milliseconds = 0
  private last: number | null = null

  /** A batch is done; events that come in groups even out. */
  batch(examples: number, now = performance.now()): void {
    if (this.last !== null) {
      this.examples += examples
      this.milliseconds += now - this.last
    }
    this.last = now
  }

  /** What comes next is no training. */
  pause(): void {
    this.last = null
  }

  /** null before the second batch. */
  get perSecond(): number | null {
    return this.milliseconds === 0 ? null : (1000 * this.examples) / this.milliseconds
  }
}

export const formatRate = (rate: number): string => Math.round(rate).toLocaleString('en-US')
