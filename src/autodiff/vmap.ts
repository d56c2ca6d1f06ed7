import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { type MapLevel, mapping, unwrapMapped, wrapMapped } from '../tensor/mapped.ts'
import { defaultGenerator } from '../tensor/random.ts'
import { formatShape, normalizeAxis } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { calculus } from './calculus.ts'
import { requireFunction } from './mode.ts'

export interface VmapOptions {
  /** The axis of the examples, for all inputs or for each; null where an input is the same for all. Default 0. */
  readonly inAxes?: number | null | readonly (number | null)[]
  /** Where the axis of the examples goes in the results. Default 0. */
  readonly outAxis?: number
  /**
   * What random numbers in the function mean: `error` refuses them, with `same` all examples get the same ones, with
   * `different` the function is run once per example. Default `error`.
   */
  readonly randomness?: 'error' | 'same' | 'different'
}

type Result = Tensor | readonly Tensor[]

/** x with the axis `from` moved to `to`. */
function moveAxis(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x
  const axes = x.shape.map((_, axis) => axis).filter(axis => axis !== from)
  axes.splice(to, 0, from)
  return x.permute(axes)
}

/** The inputs with the examples first, and how many there are. */
function examplesOf(
  inputs: readonly Tensor[],
  inAxes: VmapOptions['inAxes'] = 0,
): { readonly args: readonly { x: Tensor; isMapped: boolean }[]; readonly size: number } {
  const axes: readonly (number | null)[] = Array.isArray(inAxes)
    ? inAxes
    : inputs.map(() => inAxes as number | null)
  if (axes.length !== inputs.length) {
    throw new ValueError({
      operation: 'vmap',
      problem: `needs one axis per input, got ${axes.length} for ${inputs.length}.`,
      hint: '{inAxes: [null, 0]} maps the second of two inputs.',
      argument: 'inAxes',
    })
  }
  const args = inputs.map((x: unknown, i) => {
    if (!(x instanceof Tensor)) {
      throw new DTypeError({
        operation: 'vmap',
        problem: `maps over tensors, got ${typeof x} as input ${i}.`,
      })
    }
    const axis = axes[i]
    if (axis === null) return { x, isMapped: false }
    return { x: moveAxis(x, normalizeAxis('vmap', axis, x.shape), 0), isMapped: true }
  })
  const mapped = args.filter(arg => arg.isMapped).map(arg => arg.x)
  const size = mapped[0]?.shape[0]
  if (size === undefined || size === 0) {
    throw new ShapeError({
      operation: 'vmap',
      problem:
        size === 0 ? 'needs at least one example, got none.' : 'needs an input with an axis of examples.',
      hint: 'an axis of null in inAxes means that an input is the same for every example.',
      shapes: mapped.map(x => x.shape),
    })
  }
  const other = mapped.find(x => x.shape[0] !== size)
  if (other !== undefined) {
    throw new ShapeError({
      operation: 'vmap',
      problem: `needs equally many examples, got ${size} in ${formatShape(mapped[0].shape)} and ${other.shape[0]} in ${formatShape(other.shape)}.`,
      hint: 'these are the shapes with the axis of examples moved to the front.',
      shapes: [mapped[0].shape, other.shape],
    })
  }
  return { args, size }
}

function requireTensors(result: unknown): readonly Tensor[] {
  const list: readonly unknown[] = Array.isArray(result) ? result : [result]
  for (const value of list) {
    if (value instanceof Tensor) continue
    throw new DTypeError({
      operation: 'vmap',
      problem: `maps functions that return a tensor or an array of tensors, got ${typeof value}.`,
    })
  }
  return list as readonly Tensor[]
}

/** Runs f once on tensors that stand for all examples. */
function together(
  f: (...inputs: Tensor[]) => Result,
  args: readonly { x: Tensor; isMapped: boolean }[],
  size: number,
) {
  const outer = mapping.innermost
  const level: MapLevel = { depth: ++mapping.depth, size, outer, isRunning: true }
  mapping.innermost = level
  try {
    const result = f(...args.map(({ x, isMapped }) => (isMapped ? wrapMapped(level, x, true) : x)))
    return {
      isArray: Array.isArray(result),
      outputs: requireTensors(result).map(output => {
        const { x, isMapped } = unwrapMapped(output, level)
        return isMapped ? x : x.broadcastTo([size, ...x.shape])
      }),
    }
  } finally {
    mapping.depth--
    mapping.innermost = outer
    level.isRunning = false
  }
}

/** Runs f once per example. */
function oneByOne(
  f: (...inputs: Tensor[]) => Result,
  args: readonly { x: Tensor; isMapped: boolean }[],
  size: number,
) {
  let isArray = false
  const rows = Array.from({ length: size }, (_, i) => {
    const one = args.map(({ x, isMapped }) =>
      isMapped ? x.slice([[i, i + 1]]).reshape(x.shape.slice(1)) : x,
    )
    const result = f(...one)
    isArray = Array.isArray(result)
    return requireTensors(result)
  })
  return { isArray, outputs: rows[0].map((_, k) => calculus.stack(rows.map(row => row[k]))) }
}

/**
 * A function of one example as a function of many: it runs once, on tensors that stand for all examples, and every
 * operation works on all of them (PyTorch's `torch.vmap`). `grad`, `jvp` and the like may be inside (gradients of
 * each example by itself) and outside, and `vmap` inside `vmap`.
 *
 * Elementwise operations, reductions, products, movements of axes, gather and linalg run on all examples at once;
 * operations without a rule (recurrences, convolutions, attention, normalisations, built-in losses, sorting) are run
 * once per example and joined, which gives the same numbers. Reading numbers (`item`, `data`) inside, and results whose
 * shape depends on numbers (`maskedSelect`, `unique`), are refused.
 *
 * @throws ShapeError for no examples or different numbers of them; ValueError for randomness without saying which
 * @example
 * const perExample = vmap(grad((w: Tensor, x: Tensor) => w.mul(x).sum().square()), { inAxes: [null, 0] })
 */
export function vmap<T extends readonly Tensor[], R extends Result>(
  f: (...inputs: T) => R,
  options: VmapOptions = {},
): (...inputs: T) => R {
  requireFunction('vmap', f)
  const { inAxes, outAxis = 0, randomness = 'error' } = options ?? {}
  if (!['error', 'same', 'different'].includes(randomness)) {
    throw new ValueError({
      operation: 'vmap',
      problem: `does not know the randomness "${String(randomness)}".`,
      hint: 'use error, same or different.',
      argument: 'randomness',
      received: randomness,
    })
  }
  return (...inputs) => {
    const { args, size } = examplesOf(inputs, inAxes)
    const run = (...all: Tensor[]): Result => f(...(all as readonly Tensor[] as T))
    const before = JSON.stringify(defaultGenerator().state())
    const { outputs, isArray } =
      randomness === 'different' ? oneByOne(run, args, size) : together(run, args, size)
    if (randomness === 'error' && JSON.stringify(defaultGenerator().state()) !== before) {
      throw new ValueError({
        operation: 'vmap',
        problem: 'met random numbers (dropout, say) in its function.',
        hint: "say what they mean: {randomness: 'same'} or {randomness: 'different'}; or switch them off with model.eval().",
        argument: 'randomness',
      })
    }
    const moved = outputs.map(output => moveAxis(output, 0, normalizeAxis('vmap', outAxis, output.shape)))
    return (isArray ? moved : moved[0]) as R
  }
}
