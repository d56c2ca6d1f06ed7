import { lifetime, withVisibility } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { ValueError } from '../errors.ts'
import { Tensor } from '../tensor/tensor.ts'

/** Whether operations are recorded now, and whether the running backward pass may use up what the graph saved. */
export const gradMode = { enabled: true, retainGraph: true }

/** Refuses what cannot be called. */
export function requireFunction(operation: string, f: unknown): void {
  if (typeof f === 'function') return
  throw new ValueError({
    operation,
    problem: `takes a function, got ${f === null ? 'null' : typeof f}.`,
    hint: `${operation}(() => …)`,
  })
}

function withGradMode<T>(enabled: boolean, body: () => T): T {
  requireFunction(enabled ? 'enableGrad' : 'noGrad', body)
  const outer = gradMode.enabled
  gradMode.enabled = enabled
  try {
    return body()
  } finally {
    gradMode.enabled = outer
  }
}

/**
 * Runs a synchronous function without recording: its results have no graph and need no gradient.
 *
 * @example const prediction = noGrad(() => model.forward(x))
 */
export const noGrad = <T>(body: () => T): T => withGradMode(false, body)

/**
 * The reverse of `noGrad`, inside it.
 *
 * @example noGrad(() => enableGrad(() => model.forward(x)))   // recorded, so that it has a gradient
 */
export const enableGrad = <T>(body: () => T): T => withGradMode(true, body)

/** The tensors that come out of an internal scope. */
type ScopeResult = Tensor | readonly Tensor[]

/**
 * Runs built-in code whose intermediate results nobody can see from outside: they are freed when the scope ends
 * or, if the graph needs them, by backward. Only the returned tensors live on.
 */
export function internalScope<T extends ScopeResult>(body: () => T): T {
  const outerMode = lifetime.mode
  const outerCreated = lifetime.created
  const created: Storage[] = []
  const visits = lifetime.visits
  let result: T
  try {
    result = withVisibility('internal', created, body)
  } catch (error) {
    // The graph of a forward that threw is out of reach, unless user code met a part of it.
    const isOutOfReach = visits === lifetime.visits
    for (const storage of created) if (isOutOfReach || !storage.recorded) releaseUnseen(storage)
    throw error
  }
  const results: readonly Tensor[] = result instanceof Tensor ? [result] : result
  for (const { storage } of results) {
    storage.holds++
    if (outerMode === 'user') storage.visible = true
  }
  for (const storage of created) {
    // What the graph needs is the outer scope's as well: it goes if that one throws.
    if (storage.holds > 0 || storage.recorded) outerCreated?.push(storage)
    else releaseUnseen(storage)
  }
  for (const { storage } of results) storage.holds--
  return result
}

/** Frees what neither user code nor an owner can reach. */
function releaseUnseen(storage: Storage): void {
  if (!storage.visible && !storage.owned && storage.engine !== null) storage.engine.release(storage)
}

/** Calls code that the user wrote from within built-in code: what it is handed and what it makes stays readable. */
export function userScope<T>(handed: readonly Tensor[], body: () => T): T {
  lifetime.visits++
  for (const tensor of handed) tensor.storage.visible = true
  return withVisibility('user', null, body)
}
