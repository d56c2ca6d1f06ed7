import type { LossFunction } from '../losses/loss.ts'
import { peek } from '../losses/targets.ts'
import { emptyLike } from '../data/rows.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Prediction } from './model.ts'

/** Which steps of an output's sequences count: 1 or 0 for each, [batch, time]. */
export interface StepMask {
  readonly steps: Uint8Array
  readonly batch: number
  readonly time: number
  /** Steps that count. */
  readonly valid: number
}

/** The mask that reached an output of sequences, [batch, time, …]; null where there is none, or it fits nothing. */
export function stepMaskOf({ output, mask = null }: Prediction): StepMask | null {
  if (mask === null || mask.rank !== 2 || output.rank < 3) return null
  const [batch, time] = mask.shape
  if (output.shape[0] !== batch || output.shape[1] !== time) return null
  const steps = Uint8Array.from(peek(mask), flag => (flag === 0 ? 0 : 1))
  const valid = steps.reduce((sum, flag) => sum + flag, 0)
  return valid === steps.length ? null : { steps, batch, time, valid }
}

/**
 * Whether the mask is for this loss: one of the user's own has only its sum to give, and one with `ignoreIndex` says
 * itself what counts.
 */
export const takesMask = ({ builtIn, fixed }: LossFunction): boolean =>
  builtIn !== null && !('ignoreIndex' in fixed && fixed.ignoreIndex !== undefined)

/** The factor of each step's loss, [batch, time]: that of its example, or 0 where it is padding. */
export function stepWeights({ steps, batch, time }: StepMask, weights: Tensor | null): Tensor {
  const factors = Float32Array.from(steps)
  if (weights !== null) {
    const ofExamples = peek(weights)
    for (let i = 0; i < factors.length; i++) factors[i] *= ofExamples[Math.floor(i / time)]
  }
  return fromCold(factors, [batch, time], 'float32')
}

/** The steps that count, one after the other: [batch, time, …] → [steps, …]. */
export function validSteps({ steps, batch, time, valid }: StepMask, x: Tensor): Tensor {
  if (x.rank < 2 || x.shape[0] !== batch || x.shape[1] !== time) return x
  const rest = x.shape.slice(2)
  const width = sizeOf(rest)
  const from = x.values()
  const kept = emptyLike(from, valid * width)
  let to = 0
  steps.forEach((flag, i) => {
    if (flag === 0) return
    kept.set(from.subarray(i * width, (i + 1) * width), to)
    to += width
  })
  return fromCold(kept, [valid, ...rest], x.dtype)
}
