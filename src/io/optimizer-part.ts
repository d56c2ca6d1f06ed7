import { ValueError } from '../errors.ts'
import { optimizerState, restoreOptimizer } from '../train/checkpoint/model-state.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { describeCompiled } from './compile-settings.ts'
import { blameFile } from './refuse-model.ts'
import type { RawTensor, SafetensorsFile } from './safetensors.ts'
import { StateReader } from './state-reader.ts'
import { expandState, flattenState, type StateTree } from './state-tree.ts'

const OPTIMIZER_KEY = 'tensorloom.optimizer'
/** What the names of the optimizer's tensors begin with, beside those of the weights. */
const PREFIX = 'optimizer:'

/** A model's optimizer as parts of its weights' file. */
export interface OptimizerPart {
  readonly tensors: readonly (readonly [string, RawTensor])[]
  readonly metadata: readonly (readonly [string, string])[]
}

export const NO_OPTIMIZER: OptimizerPart = { tensors: [], metadata: [] }

/**
 * The state of a compiled model's optimizer.
 * @throws ValueError where the loaded model would not be compiled, so that nobody could take the state
 */
export function describeOptimizer(operation: string, model: Model<ModelResult>): OptimizerPart {
  const compiled = model.compiledSettings
  if (compiled === null || describeCompiled(compiled) === null) {
    throw new ValueError({
      operation,
      problem: `cannot save the optimizer of "${model.name}": ${compiled === null ? 'it was not compiled' : 'compile was given functions or objects of your own, which no file can hold'}.`,
      hint: 'saveCheckpoint and loadCheckpoint keep the state for a model that your own code compiles.',
      argument: 'optimizer',
    })
  }
  const { json, tensors } = flattenState(operation, { [PREFIX]: optimizerState(compiled.optimizer()) })
  return { tensors: [...tensors], metadata: [[OPTIMIZER_KEY, json]] }
}

/** Separates the optimizer's part from a file's weights; null where there is none. */
export function takeOptimizer({ tensors, metadata }: SafetensorsFile): {
  readonly weights: ReadonlyMap<string, RawTensor>
  readonly metadata: Map<string, string>
  readonly optimizer: StateTree
} {
  const rest = new Map(metadata)
  const json = rest.get(OPTIMIZER_KEY)
  if (json === undefined) return { weights: tensors, metadata: rest, optimizer: null }
  rest.delete(OPTIMIZER_KEY)
  const weights = [...tensors].filter(([name]) => !name.startsWith(PREFIX))
  return { weights: new Map(weights), metadata: rest, optimizer: expandState(json, tensors) }
}

/** Lets the optimizer of a loaded model go on where it was saved. */
export function giveOptimizer<M extends Model<ModelResult>>(model: M, optimizer: StateTree): M {
  if (optimizer === null) return model
  blameFile('the optimizer', false, () => {
    const state = new StateReader(optimizer, 'optimizer').get(PREFIX)
    restoreOptimizer(model.requireCompiled('load').optimizer(), state)
  })
  return model
}
