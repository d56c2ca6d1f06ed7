import { nextTurn } from '../turns.ts'

const LONGEST_MS = 8

/** Gives the event loop a turn between the pieces of work that would add up to a long one. */
export class Pace {
  private last = performance.now()

  async turn(): Promise<void> {
    if (performance.now() - this.last < LONGEST_MS) return
    await nextTurn()
    this.last = performance.now()
  }
}
