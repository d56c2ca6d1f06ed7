import { UnsupportedError } from '../../errors.ts'
import { readGenerator } from '../../io/generator-state.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import { Layer } from '../../nn/layer.ts'
import { assign } from '../../ops/detach.ts'
import type { ParameterGroup } from '../../optim/groups.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { scheduleFromConfig } from '../../optim/schedules/resolve.ts'
import { defaultGenerator } from '../../tensor/random.ts'
import type { Shape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { carriedState, restoreCarried } from '../checkpoint/model-state.ts'
import { freshMetrics } from '../evaluate.ts'
import type { Model, ModelResult } from '../model.ts'
import type { FitRun } from '../run.ts'
import type { RunState } from '../run-state.ts'
import { Sequential } from '../sequential.ts'
import { isBuilt } from './architecture.ts'
import type { Rate, Rates } from './messages.ts'

type AnyModel = Model<ModelResult>

/** Parameters and buffers that exist: layers that have not met a batch yet have none. */
function existingState(model: AnyModel): Map<string, Tensor> {
  if (!(model instanceof Sequential) || isBuilt(model)) return model.namedState()
  const state = new Map<string, Tensor>()
  for (const [name, layer] of model.namedLayers()) {
    if (layer instanceof Layer && !layer.built) continue
    const inside = layer instanceof Sequential ? existingState(layer) : layer.namedState()
    for (const [path, tensor] of inside) state.set(`${name}.${path}`, tensor)
  }
  return state
}

const sequentials = (model: AnyModel): [string, Sequential][] =>
  [...model.namedModules()].filter((entry): entry is [string, Sequential] => entry[1] instanceof Sequential)

/** The optimizer, which exists when the parameters do. */
export const optimizerOf = (model: AnyModel): Optimizer | null =>
  isBuilt(model) ? model.requireCompiled('fit').optimizer() : null

/** Everything that training changes. The numbers are copied when the state is sent. */
export function captureState({ model, training }: FitRun, state: RunState): StateTree {
  const optimizer = optimizerOf(model)
  const saved = optimizer?.stateDict()
  const shapes = sequentials(model).map(([path, { inputShape }]) => [path, inputShape] as const)
  return {
    model: existingState(model),
    inputShapes: new Map(shapes),
    carried: carriedState(model),
    optimizer:
      saved === undefined ? null : { name: saved.optimizer, numbers: saved.numbers, tensors: saved.tensors },
    rates: optimizer === null ? null : JSON.stringify(ratesOf(optimizer)),
    run: state.stateDict(),
    data: training.stateDict(),
    generator: { ...defaultGenerator().state() },
  }
}

/** Puts a captured state into a run of the same kind, whose model gets the parameters that it lacks. */
export async function restoreState(
  { model, training }: FitRun,
  state: RunState,
  captured: StateTree,
): Promise<void> {
  const saved = new StateReader(captured, 'the state of training')
  const shapes = saved.get('inputShapes') as ReadonlyMap<string, Shape | null>
  const shape = shapes.get('') ?? null
  if (model instanceof Sequential && shape !== null && !isBuilt(model)) model.build(shape)
  for (const [path, sequential] of sequentials(model)) sequential.inputShape ??= shapes.get(path) ?? null
  const existing = existingState(model)
  for (const [name, value] of saved.tensors('model')) {
    const tensor = existing.get(name)
    if (tensor === undefined) throw new Error(`internal: no parameter "${name}"`)
    assign(tensor, value)
  }
  restoreCarried(model, saved.get('carried'))
  const optimizer = saved.get('optimizer') === null ? null : optimizerOf(model)
  if (optimizer !== null) {
    const parts = saved.inner('optimizer')
    const [numbers, tensors] = [parts.namedNumbers('numbers'), parts.tensors('tensors')]
    optimizer.loadStateDict({ optimizer: parts.text('name'), numbers, tensors })
    setRates(optimizer, JSON.parse(saved.text('rates')) as Rates)
  }
  state.loadStateDict(saved.get('run'), freshMetrics(model, 'fit'))
  await training.loadStateDict(saved.get('data'))
  const generator = readGenerator(saved.get('generator'))
  if (generator !== null) defaultGenerator().restore(generator)
}

/** Changes whenever code in this thread changes parameters, buffers, or draws random numbers. */
export function fingerprint(model: AnyModel): string {
  const versions = [...existingState(model).values()].map(({ storage }) => `${storage.id}.${storage.version}`)
  return [...versions, ...defaultGenerator().state().words].join()
}

const rateOf = ({ schedule, learningRate }: Optimizer | ParameterGroup): Rate =>
  schedule === null ? learningRate : (schedule.config ?? null)

export const ratesOf = (optimizer: Optimizer): Rates => ({
  shared: rateOf(optimizer),
  groups: optimizer.groups.map(group => (group.hasOwnRate ? rateOf(group) : null)),
})

/** Sets the rates that differ: a schedule that is still the same stays. */
export function setRates(optimizer: Optimizer, rates: Rates): void {
  const set = (rated: Optimizer | ParameterGroup, rate: Rate): void => {
    if (rate === null || JSON.stringify(rate) === JSON.stringify(rateOf(rated))) return
    rated.learningRate = typeof rate === 'number' ? rate : scheduleFromConfig(rate)
  }
  set(optimizer, rates.shared)
  for (const [index, group] of optimizer.groups.entries()) set(group, rates.groups[index])
}

/** Refuses a rate that was set to a schedule of the user's own. */
export function requireKnownSchedule(optimizer: Optimizer): void {
  if (optimizer.schedule === null || optimizer.schedule.config !== undefined) return
  throw new UnsupportedError({
    operation: 'fit',
    problem: 'cannot take the schedule of the learning rate into a worker: it is a function of your own.',
    hint: 'use a built-in schedule, or train without a worker.',
    items: ['learningRate'],
  })
}
