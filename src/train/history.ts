import { ValueError } from '../errors.ts'
import { StateReader } from '../io/state-reader.ts'
import type { StateTree } from '../io/state-tree.ts'
import { suggestName } from '../suggest.ts'
import { type MonitorMode, modeOf } from './monitor.ts'

/** Figures of an epoch or a batch by name: `loss`, `accuracy`, `valLoss`, … */
export type Logs = Readonly<Record<string, number>>

/** The best epoch by some figure. */
export interface BestEpoch {
  readonly epoch: number
  readonly value: number
  /** All figures of this epoch. */
  readonly logs: Logs
}

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

  /**
   * The epoch in which a figure was best; the first of equals. Accuracies and the like are best when large, losses and
   * errors when small; `mode` says so where the name does not tell.
   *
   * @returns null where every value is NaN, or there is none
   * @throws ValueError for a figure that was not recorded
   * @example history.best('valLoss')?.epoch
   */
  best(figure: string, options: { readonly mode?: MonitorMode } = {}): BestEpoch | null {
    if (!Object.hasOwn(this.history, figure)) {
      if (this.epochs.length === 0) return null
      throw new ValueError({
        operation: 'history.best',
        problem: `finds no '${figure}'.`,
        hint: suggestName(figure, Object.keys(this.history)),
        argument: 'figure',
        received: figure,
      })
    }
    const sign = (options.mode ?? modeOf(figure)) === 'min' ? -1 : 1
    const values = this.history[figure]
    let best = -1
    values.forEach((value, i) => {
      if (Number.isNaN(value)) return
      if (best < 0 || sign * value > sign * values[best]) best = i
    })
    if (best < 0) return null
    const logs = Object.entries(this.history).map(([name, list]) => [name, list[best]] as const)
    return { epoch: this.epochs[best], value: values[best], logs: Object.fromEntries(logs) }
  }

  /** A copy, for a checkpoint. */
  stateDict(): StateTree {
    const lists = Object.entries(this.history).map(([name, list]): [string, StateTree] => [name, [...list]])
    return { epochs: [...this.epochs], history: new Map(lists) }
  }

  /** Takes the place of what was recorded. */
  loadStateDict(state: StateTree): void {
    const saved = new StateReader(state, 'history')
    const lists = saved.inner('history')
    this.epochs.splice(0, this.epochs.length, ...saved.numbers('epochs'))
    for (const name of Object.keys(this.history)) delete this.history[name]
    for (const name of lists.names) this.history[name] = lists.numbers(name)
  }
}
