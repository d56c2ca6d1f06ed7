import { ShapeError } from '../errors.ts'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { permute } from './permute.ts'

export interface ReduceOptions {
  /** The axis or axes to reduce; all of them by default. */
  readonly axis?: number | readonly number[]
  /** Keep the reduced axes with size 1. Default false. */
  readonly keepDims?: boolean
}

/** x as [outer, size, inner] with the axis `size` reduced. */
interface Middle {
  readonly outer: number
  readonly size: number
  readonly inner: number
}

export const middle = (shape: Shape, first: number, count: number): Middle => ({
  outer: sizeOf(shape.slice(0, first)),
  size: sizeOf(shape.slice(first, first + count)),
  inner: sizeOf(shape.slice(first + count)),
})

export interface ReducedAxes {
  /** First reduced axis; the reduced ones are neighbours. */
  readonly first: number
  readonly count: number
}

/** Brings the reduced axes next to each other, so that one kernel call reduces them all. */
export function gathered(x: Tensor, axes: readonly number[]): { x: Tensor; attributes: ReducedAxes } {
  const count = axes.length
  const areNeighbours = axes.every((axis, i) => axis === axes[0] + i)
  if (areNeighbours) return { x, attributes: { first: axes[0], count } }
  const kept = x.shape.map((_, i) => i).filter(i => !axes.includes(i))
  return { x: permute(x, [...kept, ...axes]), attributes: { first: kept.length, count } }
}

export const withoutMiddle = (shape: Shape, { first, count }: ReducedAxes): Shape => [
  ...shape.slice(0, first),
  ...shape.slice(first + count),
]

/** g of the reduced shape, with size 1 in place of the reduced axes. */
export const spread = (g: Tensor, x: Tensor, { first, count }: ReducedAxes): Tensor =>
  g.reshape(x.shape.map((size, i) => (i >= first && i < first + count ? 1 : size)))

export function refuseEmpty(name: string, shape: Shape, axes: readonly number[]): void {
  if (axes.every(axis => shape[axis] > 0)) return
  throw new ShapeError({
    operation: name,
    problem: `of no elements is not defined: the reduced axes of ${formatShape(shape)} are empty.`,
    hint: 'leave empty batches out; sum and prod are defined for them.',
    shapes: [shape],
  })
}
