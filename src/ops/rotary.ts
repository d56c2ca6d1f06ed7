import { ShapeError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { concat } from './concat.ts'
import { toFloat } from './operand.ts'
import { reshape } from './reshape.ts'
import { slice } from './slice.ts'

export interface RotaryOptions {
  /** Given, x is [batch, time, heads·size], with the heads side by side. */
  readonly heads?: number
  /** Place of the first step. Default 0. */
  readonly offset?: number
  /** The slowest pair turns once in 2π·base steps. Default 10000. */
  readonly base?: number
}

/**
 * Rotary positions (Su et al. 2021): in step t the features i and i + size/2 turn by the angle t·base^(−2i/size), so
 * that products of queries and keys depend on how far they are apart.
 *
 *   [..., time, size] → the same shape; size is even
 *
 * @throws ShapeError for an odd size
 * @example scaledDotProductAttention(rotaryEmbedding(q), rotaryEmbedding(k), v, { causal: true })
 */
export function rotaryEmbedding(x: Tensor, options: RotaryOptions = {}): Tensor {
  const { heads, offset = 0, base = 10000 } = options ?? {}
  const value = toFloat('rotaryEmbedding', x)
  const width = value.shape[value.rank - 1]
  const size = width / (heads ?? 1)
  if (value.rank < 2 || size % 2 !== 0 || (heads !== undefined && value.rank !== 3)) {
    throw new ShapeError({
      operation: 'rotaryEmbedding',
      problem: `needs [..., time, size] with an even size per head, got ${formatShape(value.shape)}${heads === undefined ? '' : ` in ${heads} heads`}.`,
      hint: 'heads divides the last axis, and leaves an even size.',
      shapes: [value.shape],
    })
  }
  const time = value.shape[value.rank - 2]
  const half = size / 2
  const angle = (index: number): number => {
    const i = index % half
    return (offset + (index - i) / half) * base ** (-i / half)
  }
  const shape = heads === undefined ? [time, half] : [time, 1, half]
  const table = (f: (angle: number) => number): Tensor =>
    fromCold(
      Float64Array.from({ length: time * half }, (_, i) => f(angle(i))),
      shape,
      'float32',
    )
  const [cos, sin] = [table(Math.cos), table(Math.sin)]
  const split = heads === undefined ? value : reshape(value, [value.shape[0], time, heads, size])
  const before = split.shape.slice(0, -1).map(() => null)
  const a = slice(split, [...before, [0, half]])
  const b = slice(split, [...before, [half, size]])
  const turned = concat([a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))], { axis: -1 })
  return reshape(turned, value.shape)
}
