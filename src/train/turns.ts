const PAUSE_EVERY_MS = 40

/** Lets the rest of the program run: the next macrotask. */
export const nextTurn = (): Promise<void> =>
  new Promise(resolve => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else {
      // Browsers make timers within timers wait for 4 ms, which is a tenth of the time that training works in between.
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    }
  })

/** When the rest of the program last had a turn; shared, so that many short runs in a row give turns, too. */
let last = 0

/** Gives the event loop a turn now and then during long work, and ends it when a signal says so. */
export class Turns {
  constructor(private readonly signal?: AbortSignal) {
    this.check()
  }

  /** Throws the signal's reason when it is aborted. */
  check(): void {
    this.signal?.throwIfAborted()
  }

  /** To be awaited between batches. */
  async pause(): Promise<void> {
    if (performance.now() - last >= PAUSE_EVERY_MS) {
      await nextTurn()
      last = performance.now()
    }
    this.check()
  }
}
