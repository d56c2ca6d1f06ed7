import { StateReader } from '../io/state-reader.ts'
import type { StateTree } from '../io/state-tree.ts'
import { Mean } from '../metrics/metric.ts'
import { History, type Logs } from './history.ts'
import type { Measure } from './measures.ts'

/** How far a run has come. */
export class RunState {
  /** The epoch in progress, or the next one. */
  epoch = 0
  /** Batches done in it. */
  batch = 0
  /** Whether it has begun, and not ended. */
  isInEpoch = false
  /** Optimizer steps taken. */
  step = 0
  /** Whether a callback has stopped the run. */
  isStopped = false
  /** The loss of the epoch up to here, over examples. */
  loss = new Mean()
  logs: Logs = {}
  measures: readonly Measure[] = []
  readonly history = new History()

  stateDict(): StateTree {
    const { epoch, batch, isInEpoch, step, isStopped, loss, logs, measures, history } = this
    return {
      epoch,
      batch,
      isInEpoch,
      step,
      isStopped,
      loss: loss.stateDict(),
      logs: new Map(Object.entries(logs)),
      measures: isInEpoch ? measures.map(measure => measure.stateDict?.() ?? null) : [],
      history: history.stateDict(),
    }
  }

  /** @param measures fresh ones, which take the saved figures over */
  loadStateDict(state: StateTree, measures: readonly Measure[]): void {
    const saved = new StateReader(state, 'run')
    this.epoch = saved.count('epoch')
    this.batch = saved.count('batch')
    this.isInEpoch = saved.flag('isInEpoch')
    this.step = saved.count('step')
    this.isStopped = saved.flag('isStopped')
    this.loss.loadStateDict(saved.get('loss'))
    this.logs = Object.fromEntries(saved.namedNumbers('logs'))
    this.history.loadStateDict(saved.get('history'))
    this.measures = measures
    saved.list('measures').forEach((figures, i) => {
      measures[i]?.loadStateDict(figures)
    })
  }
}
