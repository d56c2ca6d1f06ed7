import type { Edge } from './builder.ts'
import type { Scope } from './scope.ts'

// ONNX knows lengths, not masks: a sequence's steps count from its first one on. So the steps that count are moved to the
// front before the recurrence, and every place fetches its step's result after it. Any mask can be written like that,
// padding in front or in between included.

/** Each step's place among those that count, 0-based: the running sum of the mask before or with the step. */
function counted(scope: Scope, mask: string, exclusive: boolean): string {
  const ones = scope.op('Cast', [mask], { to: 6 })
  return scope.op('CumSum', [ones, scope.builder.constant([1], 'int64', [])], {
    exclusive: exclusive ? 1 : 0,
  })
}

/** The steps in the order in which the recurrence takes them, and how many count in each sequence. */
export function maskedInput(scope: Scope, x: Edge): { steps: string; lengths: string } {
  if (x.mask === null) return { steps: x.name, lengths: '' }
  const ones = scope.op('Cast', [x.mask], { to: 6 })
  const lengths = scope.op('ReduceSum', [ones, scope.ints(1)], { keepdims: 0 })
  // A step that counts is worth more the earlier it is, and one that does not is worth less than all that do.
  const time = scope.op('Gather', [scope.shapeOf(x.name), scope.ints(1)], { axis: 0 })
  const places = scope.op('Range', [
    scope.builder.constant([0], 'int64', []),
    scope.op('Squeeze', [time]),
    scope.builder.constant([1], 'int64', []),
  ])
  const worth = scope.op('Sub', [scope.op('Mul', [scope.op('Cast', [x.mask], { to: 7 }), time]), places])
  const [, order] = scope.ops('TopK', [worth, time], 2, { axis: 1, largest: 1, sorted: 1 })
  return { steps: fetched(scope, x.name, order, x.shape[2]), lengths }
}

/** Whole steps of x [batch, time, size] at places [batch, time]. */
function fetched(scope: Scope, x: string, places: string, size: number): string {
  const column = scope.op('Unsqueeze', [places, scope.ints(2)])
  const index = scope.op('Tile', [column, scope.ints(1, 1, size)])
  return scope.op('GatherElements', [x, index], { axis: 1 })
}

/**
 * The result of each step in its place: a step that does not count has the state of the one before (or, backwards, of
 * the one after), and in front of all others the initial state.
 */
export function maskedSequence(
  scope: Scope,
  x: Edge,
  rows: string,
  units: number,
  isReversed: boolean,
  initial: string | null,
): string {
  if (x.mask === null) return rows
  const state = initial ?? zeroState(scope, x, units)
  const row = scope.op('Unsqueeze', [state, scope.ints(1)])
  if (!isReversed) {
    // Forwards: state 0 is the initial one, state n follows the n-th step that counts.
    const all = scope.op('Concat', [row, rows], { axis: 1 })
    return fetched(scope, all, scope.op('Cast', [counted(scope, x.mask, false)], { to: 7 }), units)
  }
  // Backwards: the first step from here on that counts; after the last one the initial state, which the node leaves 0.
  const all = scope.op('Concat', [rows, row], { axis: 1 })
  const next = scope.op('Cast', [counted(scope, x.mask, true)], { to: 7 })
  if (initial === null) return fetched(scope, all, next, units)
  const ones = scope.op('Cast', [x.mask], { to: 7 })
  const total = scope.op('ReduceSum', [ones, scope.ints(1)], { keepdims: 1 })
  const time = scope.op('Gather', [scope.shapeOf(x.name), scope.ints(1)], { axis: 0 })
  const place = scope.op('Where', [scope.op('Less', [next, total]), next, time])
  return fetched(scope, all, place, units)
}

/** Zeros [batch, units]. */
function zeroState(scope: Scope, x: Edge, units: number): string {
  const batch = scope.op('Gather', [scope.shapeOf(x.name), scope.ints(0)], { axis: 0 })
  const shape = scope.op('Concat', [batch, scope.ints(units)], { axis: 0 })
  return scope.op('Expand', [scope.builder.constant([0], 'float32', [1, 1]), shape])
}
