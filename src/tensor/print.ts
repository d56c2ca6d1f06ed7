import type { ColdArray, DType } from '../engine/dtype.ts'
import { type Shape, sizeOf } from './shape.ts'

const EDGE = 3
const SUMMARIZE_ABOVE = 1000

function formatNumber(value: number, dtype: DType): string {
  if (dtype === 'bool') return value !== 0 ? 'true' : 'false'
  if (dtype === 'int32' || Number.isInteger(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size < 1e-4 || size >= 1e6 ? value.toExponential(4) : String(Number(value.toFixed(4)))
}

/**
 * `Tensor float32 [2, 2]` and the numbers, aligned in columns; long axes are shortened in the middle.
 *
 *     Tensor float32 [2, 2]
 *     [[1, 2],
 *      [3, 4]]
 */
export function formatTensor(values: ColdArray, shape: Shape, dtype: DType): string {
  const title = `Tensor ${dtype} [${shape.join(', ')}]`
  const shorten = sizeOf(shape) > SUMMARIZE_ABOVE
  const shown: string[] = []

  // First pass: format what is shown, so that columns can be aligned. Second pass: put it into brackets.
  const walk = (axis: number, offset: number, visit: (index: number) => string): string => {
    if (axis === shape.length) return visit(offset)
    const length = shape[axis]
    const stride = sizeOf(shape.slice(axis + 1))
    const parts: string[] = []
    for (let i = 0; i < length; i++) {
      if (shorten && length > 2 * EDGE && i === EDGE) {
        parts.push('…')
        i = length - EDGE
      }
      parts.push(walk(axis + 1, offset + i * stride, visit))
    }
    const isInnermost = axis === shape.length - 1
    const separator = isInnermost ? ', ' : ',' + '\n'.repeat(shape.length - 1 - axis) + ' '.repeat(axis + 1)
    return `[${parts.join(separator)}]`
  }

  walk(0, 0, index => {
    shown.push(formatNumber(values[index], dtype))
    return ''
  })
  const width = shape.length > 1 ? shown.reduce((widest, text) => Math.max(widest, text.length), 0) : 0
  let next = 0
  const body = walk(0, 0, () => shown[next++].padStart(width))
  return shape.length === 0 ? `${title} ${body}` : `${title}\n${body}`
}
