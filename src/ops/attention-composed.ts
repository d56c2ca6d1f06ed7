import { fromCold, type Tensor } from '../tensor/tensor.ts'
import type { Shape } from '../tensor/shape.ts'
import { logicalAnd } from './attention-mask.ts'
import { matmul } from './matmul.ts'
import { permute } from './permute.ts'
import { reshape } from './reshape.ts'
import { softmax } from './softmax.ts'
import { where } from './where.ts'

/** How attention is computed, and of what sizes. */
export interface Attention {
  /** Heads that lie side by side in the last axis. */
  readonly heads: number
  /** The axes before the scores' last two: their product is batch · heads. */
  readonly lead: Shape
  /** Queries, keys, and their features per head. */
  readonly time: number
  readonly keys: number
  readonly size: number
  readonly valueSize: number
  readonly scale: number
  readonly causal: boolean
}

/** Takes the place of −∞ where attention is not allowed: a row without a key then has no NaN. */
export const FORBIDDEN = -1e30

/** [batch, time, heads·size] → [batch, heads, time, size] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, features] = x.shape
  return permute(reshape(x, [batch, time, heads, features / heads]), [0, 2, 1, 3])
}

/** [batch, heads, time, size] → [batch, time, heads·size] */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, time, size] = x.shape
  return reshape(permute(x, [0, 2, 1, 3]), [batch, time, heads * size])
}

/** bool [time, keys]: query i, counted from the end, may see the keys up to its own place. */
export function causalMask(time: number, keys: number): Tensor {
  const seen = new Int32Array(time * keys)
  for (let i = 0; i < time; i++) seen.fill(1, i * keys, i * keys + Math.max(0, keys - time + i + 1))
  return fromCold(seen, [time, keys], 'bool')
}

/** softmax(scale·q·kᵀ + mask), [...lead, time, keys], of packed q and k. */
export function composedWeights(q: Tensor, k: Tensor, mask: Tensor | null, options: Attention): Tensor {
  const { heads, lead, time, keys, scale, causal } = options
  const products = matmul(splitHeads(q, heads), splitHeads(k, heads), { transposeB: true })
  const scores = reshape(products, [...lead, time, keys]).mul(scale)
  const biased = mask !== null && mask.dtype === 'float32' ? scores.add(mask) : scores
  const allowed = logicalAnd(
    mask !== null && mask.dtype !== 'float32' ? mask : null,
    causal ? causalMask(time, keys) : null,
  )
  if (allowed === null) return softmax(biased)
  return where(allowed, softmax(where(allowed, biased, FORBIDDEN)), 0)
}

/** Weights [...lead, time, keys] times packed values: [batch, time, heads·valueSize]. */
export function composedOutput(weights: Tensor, v: Tensor, { heads, time, keys }: Attention): Tensor {
  const blocks = reshape(weights, [v.shape[0], heads, time, keys])
  return mergeHeads(matmul(blocks, splitHeads(v, heads)))
}
