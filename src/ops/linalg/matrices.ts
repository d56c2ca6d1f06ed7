import type { Engine } from '../../engine/engine.ts'
import { ShapeError, ValueError } from '../../errors.ts'
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { at } from '../define.ts'

/** A batch of matrices as the engine's own array, from `start` on; the operands of an operation are placed first. */
interface Numbers {
  readonly view: Float32Array | Float64Array
  readonly start: number
}

/** Where a tensor's numbers lie in the engine. Take it after every operand of the operation has been placed. */
export const numbersOf = (engine: Engine, x: Tensor): Numbers => {
  const start = at(engine, x) / (1 << engine.memory.floatShift)
  return { view: engine.memory.float, start }
}

/** Matrix number `index` of a batch, in double precision whatever the device. */
export function readMatrix({ view, start }: Numbers, size: number, index: number): Float64Array {
  return Float64Array.from(view.subarray(start + index * size, start + (index + 1) * size))
}

/** Writes matrix number `index` of a batch. */
export function writeMatrix({ view, start }: Numbers, values: Float64Array, index: number): void {
  view.set(values, start + index * values.length)
}

/** Sizes of the leading axes. */
export const batchOf = (x: Tensor): Shape => x.shape.slice(0, -2)

export const batchSize = (x: Tensor): number => sizeOf(batchOf(x))

/** Refuses anything but matrices in the last two axes. */
export function requireMatrices(operation: string, x: Tensor): void {
  if (x.rank >= 2) return
  throw new ShapeError({
    operation: `linalg.${operation}`,
    problem: `needs matrices in the last two axes, got ${formatShape(x.shape)}.`,
    hint: 'reshape to [rows, columns]; leading axes are a batch.',
    shapes: [x.shape],
  })
}

/** Refuses anything but square matrices in the last two axes. */
export function requireSquare(operation: string, x: Tensor): void {
  requireMatrices(operation, x)
  const [rows, columns] = x.shape.slice(-2)
  if (rows === columns) return
  throw new ShapeError({
    operation: `linalg.${operation}`,
    problem: `needs square matrices, got ${formatShape(x.shape)} (${rows} ≠ ${columns}).`,
    hint: 'for a system that is not square solve the normal equations, or use qr.',
    shapes: [x.shape],
  })
}

/** Which matrix of a batch, as an error says it; nothing for a single one. */
export function whichMatrix(x: Tensor, index: number): string {
  const batch = batchOf(x)
  if (batch.length === 0) return ''
  const position: number[] = []
  let rest = index
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    position.unshift(rest % batch[axis])
    rest = Math.floor(rest / batch[axis])
  }
  return ` at batch index [${position.join(', ')}]`
}

export const singular = (operation: string, x: Tensor, index: number): ValueError =>
  new ValueError({
    operation: `linalg.${operation}`,
    problem: `met a singular matrix${whichMatrix(x, index)} of ${formatShape(x.shape)}: its rows depend on each other.`,
    hint: 'add a small multiple of eye(n), or drop the dependent rows.',
    argument: 'a',
  })
