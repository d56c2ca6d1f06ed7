import { TensorloomError, ValueError } from '../../errors.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import type { Module } from '../../nn/module.ts'
import { Recurrent, type RecurrentState } from '../../nn/recurrent.ts'
import type { Optimizer } from '../../optim/optimizer.ts'

/** What stateful layers carry from batch to batch, by path. */
export function carriedState(model: Module<unknown>): StateTree {
  const carried = new Map<string, StateTree>()
  for (const [path, layer] of model.namedModules()) {
    if (layer instanceof Recurrent && layer.state !== null) carried.set(path, { ...layer.state })
  }
  return carried
}

/** Lets stateful layers go on from what they carried. */
export function restoreCarried(model: Module<unknown>, state: StateTree): void {
  const carried = new StateReader(state, 'carried')
  for (const [path, layer] of model.namedModules()) {
    if (!(layer instanceof Recurrent)) continue
    // Each kind of layer takes the tensors of its state by the names that it gave them.
    const tensors = carried.names.includes(path) ? Object.fromEntries(carried.tensors(path)) : null
    layer.resetState(tensors as RecurrentState | null)
  }
}

/** An optimizer's state, and where its learning rates come from. */
export function optimizerState(optimizer: Optimizer): StateTree {
  const { optimizer: name, numbers, tensors } = optimizer.stateDict()
  return { name, numbers, tensors, schedules: schedulesOf(optimizer) }
}

/** The schedules of the optimizer and its groups as JSON; null for a number, `custom` for a function. */
const schedulesOf = (optimizer: Optimizer): (string | null)[] =>
  [optimizer, ...optimizer.groups].map(({ schedule }) => {
    if (schedule === null) return null
    return schedule.config === undefined ? 'custom' : JSON.stringify(schedule.config)
  })

/**
 * Continues from a saved state. A rate that was a number when it was saved is one again, even if the optimizer was made
 * with a schedule: a callback had replaced it.
 *
 * @throws ValueError when schedules differ; what `loadStateDict` throws
 */
export function restoreOptimizer(optimizer: Optimizer, state: StateTree): void {
  const parts = new StateReader(state, 'optimizer')
  const numbers = parts.namedNumbers('numbers')
  const schedules = parts.list('schedules')
  const present = schedulesOf(optimizer)
  schedules.forEach((before, i) => {
    const now = present[i] ?? null
    if (before === null || before === now) return
    throw new ValueError({
      operation: `${optimizer.name}.learningRate`,
      problem: `follows ${now ?? 'no schedule'} now, and followed ${before} when it was saved.`,
      hint: 'compile the model with the same learning rate.',
      argument: 'optimizer',
    })
  })
  optimizer.loadStateDict({ optimizer: parts.text('name'), numbers, tensors: parts.tensors('tensors') })
  const rates = [optimizer, ...optimizer.groups]
  schedules.forEach((schedule, i) => {
    const key = i === 0 ? 'learningRate' : `groups[${i - 1}].learningRate`
    const rate = numbers.get(key)
    if (schedule === null && rate !== undefined && rates[i].schedule !== null) rates[i].learningRate = rate
  })
}

/** Runs `body`; an error of the library then says from which checkpoint nothing could go on. */
export function resuming<T>(source: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof TensorloomError)) throw error
    throw new ValueError({
      operation: `resume from "${source}"`,
      problem: `does not fit: ${error.operation} ${error.problem}`,
      hint: error.hint,
      argument: 'resume',
      cause: error,
    })
  }
}
