/** Figures of an epoch or a batch by name: `loss`, `accuracy`, `valLoss`, … */
export type Logs = Readonly<Record<string, number>>

/** What a training run recorded, epoch by epoch. */
export class History {
  /** Epoch numbers, from 0. */
  readonly epochs: number[] = []
  /** One list per figure, parallel to `epochs`. */
  readonly history: Record<string, number[]> = {}

  /** Adds an epoch's figures. */
  record(epoch: number, logs: Logs): void {
    this.epochs.push(epoch)
    for (const [name, value] of Object.entries(logs)) {
      if (!Object.hasOwn(this.history, name)) this.history[name] = []
      this.history[name].push(value)
    }
  }
}
