import { ValueError } from '../errors.ts'
import { StateReader } from '../io/state-reader.ts'
import type { StateTree } from '../io/state-tree.ts'
import { checkHyperparameter } from '../optim/hyperparameters.ts'

export interface PlateauOptions {
  /** Whether a smaller (default) or a larger value is better. */
  readonly mode?: 'min' | 'max'
  /** How much better counts as better. Default 0.0001. */
  readonly threshold?: number
  /** The threshold is a part of the best value (`'relative'`, default), or a difference (`'absolute'`). */
  readonly thresholdMode?: 'relative' | 'absolute'
  /** So many values without an improvement are borne; the next one is one too many. Default 10. */
  readonly patience?: number
  /** So many values after a plateau do not count. Default 0. */
  readonly cooldown?: number
}

/** Notices when a figure stops improving, by PyTorch's rules. */
export class Plateau {
  private readonly options: Required<PlateauOptions>
  private best: number
  private bad = 0
  private cooling = 0

  constructor(options: PlateauOptions, operation = 'plateau') {
    const {
      mode = 'min',
      threshold = 1e-4,
      thresholdMode = 'relative',
      patience = 10,
      cooldown = 0,
    } = options
    checkHyperparameter(operation, 'threshold', threshold, { from: 0 })
    checkHyperparameter(operation, 'patience', patience, { from: 0 })
    checkHyperparameter(operation, 'cooldown', cooldown, { from: 0 })
    if (mode !== 'min' && mode !== 'max') {
      throw new ValueError({
        operation,
        problem: `knows the modes 'min' and 'max', got '${String(mode)}'.`,
        argument: 'mode',
        received: mode,
      })
    }
    this.options = { mode, threshold, thresholdMode, patience, cooldown }
    this.best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  /** Takes the next value; true where it is one too many without an improvement. */
  see(value: number): boolean {
    const { patience, cooldown } = this.options
    if (this.isBetter(value)) {
      this.best = value
      this.bad = 0
    } else this.bad++
    if (this.cooling > 0) {
      this.cooling--
      this.bad = 0
    }
    if (this.bad <= patience) return false
    this.cooling = cooldown
    this.bad = 0
    return true
  }

  /** What was noticed so far. */
  stateDict(): StateTree {
    const { best, bad, cooling } = this
    return { best, bad, cooling }
  }

  loadStateDict(state: StateTree): void {
    const saved = new StateReader(state, 'plateau')
    this.best = saved.number('best')
    this.bad = saved.count('bad')
    this.cooling = saved.count('cooling')
  }

  private isBetter(value: number): boolean {
    const { mode, threshold, thresholdMode } = this.options
    const sign = mode === 'min' ? -1 : 1
    // Nothing is a fraction of infinity.
    if (!Number.isFinite(this.best)) return mode === 'min' ? value < this.best : value > this.best
    const goal =
      thresholdMode === 'relative' ? this.best * (1 + sign * threshold) : this.best + sign * threshold
    return mode === 'min' ? value < goal : value > goal
  }
}
