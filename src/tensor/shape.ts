import { ShapeError, ValueError } from '../errors.ts'

/** Sizes of the axes, outermost first. A scalar has the shape []. */
export type Shape = readonly number[]

/** `[2, 3]`, as errors print it. */
export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`

/** Number of elements: the product of the sizes. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i]
  return size
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]
  }
  return strides
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** No memory holds more float32 numbers. */
const MOST_ELEMENTS = 2 ** 30

/** Refuses what is no array, where callers without types may pass anything. */
export function requireList(operation: string, what: string, list: unknown): void {
  if (Array.isArray(list)) return
  throw new ShapeError({
    operation,
    problem: `takes ${what} an array, got ${list === null ? 'null' : typeof list}.`,
    hint: 'write it in square brackets: [2, 3].',
  })
}

/** Refuses sizes that are not whole numbers ≥ 0, and more elements than there can be. */
export function checkShape(operation: string, shape: Shape): void {
  requireList(operation, 'as shape', shape)
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError({
        operation,
        problem: `got the shape ${formatShape(shape)}, whose sizes must be whole numbers ≥ 0.`,
        hint: 'compute sizes with Math.floor; -1 stands for an open size in reshape only.',
        shapes: [shape],
      })
    }
  }
  if (sizeOf(shape) > MOST_ELEMENTS) {
    throw new ShapeError({
      operation,
      problem: `got the shape ${formatShape(shape)}, which has more elements than 4 GB hold (2³⁰).`,
      hint: 'work in parts, such as batches.',
      shapes: [shape],
    })
  }
}

/** Turns an axis in −rank … rank−1 into 0 … rank−1. */
export function normalizeAxis(operation: string, axis: number, shape: Shape): number {
  const rank = shape.length
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError({
      operation,
      problem: `has no axis ${axis} in the shape ${formatShape(shape)}.`,
      hint: rank === 0 ? 'a scalar has no axes.' : `axes go from ${-rank} to ${rank - 1}.`,
      shapes: [shape],
    })
  }
  return axis < 0 ? axis + rank : axis
}

/** Axes to reduce: `undefined` means all of them; the result is ascending and without repetition. */
export function normalizeAxes(
  operation: string,
  axis: number | readonly number[] | undefined,
  shape: Shape,
): number[] {
  if (axis === undefined) return shape.map((_, i) => i)
  const list = typeof axis === 'number' ? [axis] : axis
  requireList(operation, 'as axis a number or', list)
  const axes = list.map(a => normalizeAxis(operation, a, shape)).sort((a, b) => a - b)
  for (let i = 1; i < axes.length; i++) {
    if (axes[i] === axes[i - 1]) {
      throw new ValueError({ operation, problem: `got axis ${axes[i]} twice in [${list.join(', ')}].` })
    }
  }
  return axes
}

/**
 * The shape two operands broadcast to: aligned at the last axis, sizes must be equal or 1.
 *
 * @throws ShapeError naming both shapes
 */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a
  const rank = Math.max(a.length, b.length)
  const result = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const p = i <= a.length ? a[a.length - i] : 1
    const q = i <= b.length ? b[b.length - i] : 1
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError({
        operation,
        problem: `cannot broadcast ${formatShape(a)} with ${formatShape(b)}: axis ${-i} has ${p} ≠ ${q}.`,
        hint: 'sizes must be equal or 1, counted from the last axis; reshape or expandDims one operand.',
        shapes: [a, b],
      })
    }
    result[rank - i] = p === 1 ? q : p
  }
  return result
}

/** The shape after reducing `axes` (ascending). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((size, i) => (axes.includes(i) ? 1 : size))
  return shape.filter((_, i) => !axes.includes(i))
}
