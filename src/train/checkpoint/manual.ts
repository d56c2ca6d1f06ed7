import { FormatError, ValueError } from '../../errors.ts'
import { readCheckpoint, writeCheckpoint } from '../../io/checkpoint-file.ts'
import { openDisk } from '../../io/files.ts'
import { readGenerator } from '../../io/generator-state.ts'
import { fromSource } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { StateReader } from '../../io/state-reader.ts'
import type { StateTree } from '../../io/state-tree.ts'
import type { Module } from '../../nn/module.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { defaultGenerator } from '../../tensor/random.ts'
import { Model } from '../model.ts'
import { carriedState, optimizerState, restoreCarried, restoreOptimizer, resuming } from './model-state.ts'

/** What a checkpoint of a training loop of one's own is made of. */
export interface CheckpointParts {
  readonly model: Module<unknown>
  /** Default: that of a compiled model; else none. */
  readonly optimizer?: Optimizer | null
  /** Whatever else the loop goes on from: epoch, step, losses, averages (`average.stateDict()`). */
  readonly state?: StateTree
}

/** The optimizer that was given, or that of a compiled model. */
function optimizerOf({ model, optimizer }: CheckpointParts): Optimizer | null {
  if (optimizer !== undefined) return optimizer
  return model instanceof Model ? (model.compiledSettings?.optimizer() ?? null) : null
}

/**
 * Weights, optimizer state, what stateful layers carry, the default generator, and a state of your own, as the bytes of
 * one safetensors file with a checksum. Works in browsers, too.
 *
 * @throws ValueError for a state that holds what cannot be saved; BuildError while input sizes are unknown
 * @example const bytes = serializeCheckpoint({ model, optimizer, state: { epoch, step } })
 */
export function serializeCheckpoint(parts: CheckpointParts): Uint8Array {
  const { model, state = null } = parts
  const optimizer = optimizerOf(parts)
  return writeCheckpoint('serializeCheckpoint', {
    model: model.stateDict(),
    optimizer: optimizer === null ? null : optimizerState(optimizer),
    carried: carriedState(model),
    generator: { ...defaultGenerator().state() },
    state,
  })
}

/**
 * Puts model, optimizer and the default generator where `serializeCheckpoint` found them; training then goes on bit for
 * bit. A checkpoint of `fit` does as well.
 *
 * @returns the state that was saved
 * @throws FormatError for bytes that are damaged; ValueError where they do not fit: nothing has changed then
 * @example const { epoch } = restoreCheckpoint(bytes, { model, optimizer })
 */
export function restoreCheckpoint(bytes: Uint8Array, parts: CheckpointParts): StateTree {
  return restoreFrom('restoreCheckpoint', bytes, parts)
}

function restoreFrom(source: string, bytes: Uint8Array, parts: CheckpointParts): StateTree {
  const saved = new StateReader(
    fromSource(source, () => readCheckpoint(bytes)),
    'checkpoint',
  )
  const { model } = parts
  const optimizer = optimizerOf(parts)
  const present = saved.get('optimizer')
  if (optimizer !== null && present === null) {
    throw new ValueError({
      operation: source,
      problem: `has no state for the optimizer '${optimizer.name}': it was saved without one.`,
      hint: 'pass optimizer: null to go on with a fresh one.',
      argument: 'optimizer',
    })
  }
  const generator = readGenerator(saved.get('generator'))
  const carried = carriedState(model)
  resuming(source, () => {
    const before = optimizer?.stateDict()
    try {
      if (optimizer !== null) restoreOptimizer(optimizer, present)
      restoreCarried(model, saved.get('carried'))
      // Last, since it changes everything or nothing.
      model.loadStateDict(saved.tensors('model'))
    } catch (error) {
      if (before !== undefined) optimizer?.loadStateDict(before)
      restoreCarried(model, carried)
      throw error
    }
  })
  if (generator !== null) defaultGenerator().restore(generator)
  return saved.names.includes('state') ? saved.get('state') : null
}

/**
 * Writes what `serializeCheckpoint` gives to a file, which appears whole or not at all.
 *
 * @throws as `serializeCheckpoint`; DeviceError where there is no file system
 * @example await saveCheckpoint('run.safetensors', { model, optimizer, state: { epoch } })
 */
export async function saveCheckpoint(file: string | URL, parts: CheckpointParts): Promise<void> {
  const disk = await openDisk('saveCheckpoint')
  await disk.replace([[disk.toPath(file), serializeCheckpoint(parts)]])
}

/**
 * Goes on from a file of `saveCheckpoint`, or one that `fit` wrote.
 *
 * @returns the state that was saved
 * @throws FormatError for a file that is missing or damaged; ValueError where it does not fit: nothing has changed then
 * @example const state = await loadCheckpoint('run.safetensors', { model, optimizer })
 */
export async function loadCheckpoint(file: string | URL, parts: CheckpointParts): Promise<StateTree> {
  const disk = await openDisk('loadCheckpoint')
  const path = disk.toPath(file)
  if ((await disk.kind(path)) !== 'file')
    throw new FormatError({ operation: `loadCheckpoint ${show(path)}`, problem: 'found no such file.' })
  return restoreFrom(`checkpoint ${show(path)}`, await disk.read(path), parts)
}
