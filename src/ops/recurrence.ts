import { DTypeError, ShapeError } from '../errors.ts'
import { zeros } from '../tensor/creation.ts'
import { formatShape, sameShape, type Shape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { stack } from './concat.ts'
import { toFloat } from './operand.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'
import { where } from './where.ts'

// What the fused recurrent operations (LSTM, GRU, simple recurrence) have in common.

/** A run over a sequence: which steps it leaves out, and which way it goes. */
export interface SequenceOptions {
  /** int32 or bool [batch, time]: steps where it is 0 leave the state as it is. */
  readonly mask?: Tensor | null
  /** Runs from the last step to the first; outputs stay in input order. Default false. */
  readonly reverse?: boolean
}

/** The operands that every recurrent layer has. */
export interface RecurrentOperands {
  /** [batch, time, inputSize] */
  readonly x: Tensor
  /** [inputSize, gates·units] */
  readonly kernel: Tensor
  /** [units, gates·units] */
  readonly recurrentKernel: Tensor
  /** [batch, units]; zeros by default */
  readonly h0?: Tensor | null
}

/** Which optional inputs follow x, kernel and recurrentKernel, and where. */
export interface RecurrentAttributes {
  readonly bias: number
  readonly h0: number
  readonly mask: Tensor | null
  readonly reverse: boolean
}

/**
 * Refuses a sequence, kernels, a state or a mask that do not fit together.
 * @throws ShapeError, DTypeError
 */
export function checkRecurrent(
  operation: string,
  gates: number,
  { x, kernel, recurrentKernel, h0 = null }: RecurrentOperands,
  mask: Tensor | null,
): void {
  if (x.rank !== 3) {
    throw new ShapeError({
      operation,
      problem: `needs x [batch, time, features], got ${formatShape(x.shape)}.`,
      hint: 'expandDims adds an axis of one step or one feature.',
      shapes: [x.shape],
    })
  }
  const [batch, time, inputSize] = x.shape
  const units = recurrentKernel.shape[0]
  checkShape(operation, 'a kernel', kernel, [inputSize, gates * units])
  checkShape(operation, 'a recurrentKernel', recurrentKernel, [units, gates * units])
  if (h0 !== null) checkShape(operation, 'h0', h0, [batch, units])
  if (mask === null) return
  checkShape(operation, 'a mask', mask, [batch, time])
  if (mask.dtype !== 'float32') return
  throw new DTypeError({
    operation,
    problem: 'takes a bool or int32 mask, got float32.',
    hint: 'compare it: mask.notEqual(0).',
    dtypes: [mask.dtype],
  })
}

/** Refuses an operand of another shape. */
export function checkShape(operation: string, what: string, tensor: Tensor, wanted: Shape): void {
  if (sameShape(tensor.shape, wanted)) return
  throw new ShapeError({
    operation,
    problem: `needs ${what} ${formatShape(wanted)}, got ${formatShape(tensor.shape)}.`,
    hint: 'sizes follow from x [batch, time, inputSize] and recurrentKernel [units, gates · units].',
    shapes: [tensor.shape, wanted],
  })
}

/** The operands in a row, and where the optional ones stand. */
export function placeOperands(
  { x, kernel, recurrentKernel, h0 = null }: RecurrentOperands,
  bias: Tensor | null,
  { mask = null, reverse = false }: SequenceOptions,
): { tensors: Tensor[]; attributes: RecurrentAttributes } {
  // The kernels read float32, whatever the input is.
  const float = (tensor: Tensor): Tensor => toFloat('a recurrence', tensor)
  const tensors = [x, kernel, recurrentKernel].map(float)
  const place = (tensor: Tensor | null): number => (tensor === null ? -1 : tensors.push(float(tensor)) - 1)
  const attributes = { bias: place(bias), h0: place(h0), mask, reverse }
  // An input without a gradient: so the graph keeps it until backward has read it.
  if (mask !== null) tensors.push(mask)
  return { tensors, attributes }
}

/**
 * A recurrence out of ordinary operations: h of each step, and the last one. `step` makes the next h from what belongs
 * to the time step, a slice [batch, n] of `projected` [batch, time, n].
 */
export function runSteps(
  projected: Tensor,
  first: Tensor | null,
  units: number,
  { mask, reverse }: { readonly mask: Tensor | null; readonly reverse: boolean },
  step: (xt: Tensor, h: Tensor) => Tensor,
): readonly [sequence: Tensor, h: Tensor] {
  const [batch, time, columns] = projected.shape
  let h = first ?? zeros([batch, units])
  const outputs = new Array<Tensor>(time)
  for (let turn = 0; turn < time; turn++) {
    const t = reverse ? time - 1 - turn : turn
    const next = step(reshape(slice(projected, [null, [t, t + 1]]), [batch, columns]), h)
    h = mask === null ? next : where(slice(mask, [null, [t, t + 1]]), next, h)
    outputs[t] = h
  }
  return [time === 0 ? zeros([batch, 0, units]) : stack(outputs, { axis: 1 }), h]
}
