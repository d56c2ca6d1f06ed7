import type { FitControl } from './callback.ts'
import type { Model, ModelResult } from './model.ts'
import type { RunState } from './run-state.ts'

/** What the callbacks of a run hold: here, or in the worker that trains. */
export const controlOf = (model: Model<ModelResult>, state: RunState): FitControl => ({
  model,
  stop: () => {
    state.isStopped = true
  },
  get optimizer() {
    return model.requireCompiled('fit').optimizer()
  },
})
