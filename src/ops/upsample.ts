import { ValueError } from '../errors.ts'
import { fromCold, type Tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcast-to.ts'
import { reshape } from './reshape.ts'
import { backToFormat, channelsLast, type DataFormat, type Pair, pairOf } from './window.ts'

export interface Upsample2dOptions {
  /** How often each pixel is repeated in height and width. Default 2. */
  readonly size?: Pair
  /** `nearest` repeats pixels, `bilinear` blends neighbours by distance between centres. Default `nearest`. */
  readonly interpolation?: 'nearest' | 'bilinear'
  /** Where x and the result have their channels. Default `channelsLast`. */
  readonly dataFormat?: DataFormat
}

/**
 * Enlarges images by whole factors.
 *
 *   [batch, height, width, channels] → [batch, size·height, size·width, channels]
 *
 * @throws ShapeError for other than images; ValueError for an unknown interpolation
 * @example upsample2d(x, { size: 2, interpolation: 'bilinear' })
 */
export function upsample2d(x: Tensor, options: Upsample2dOptions = {}): Tensor {
  const { interpolation = 'nearest', dataFormat } = options ?? {}
  const input = channelsLast('upsample2d', x, 4, dataFormat)
  const size = pairOf('upsample2d', 'size', options?.size ?? 2)
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    throw new ValueError({
      operation: 'upsample2d',
      problem: `has no interpolation "${String(interpolation)}".`,
      hint: "use 'nearest' or 'bilinear'.",
      argument: 'interpolation',
      received: interpolation,
    })
  }
  return backToFormat(interpolation === 'nearest' ? nearest(input, size) : bilinear(input, size), dataFormat)
}

function nearest(x: Tensor, [rows, columns]: readonly [number, number]): Tensor {
  const [batch, height, width, channels] = x.shape
  const apart = reshape(x, [batch, height, 1, width, 1, channels])
  const repeated: Tensor = broadcastTo(apart, [batch, height, rows, width, columns, channels])
  return reshape(repeated, [batch, height * rows, width * columns, channels])
}

/** Along each axis a product with the matrix of weights. */
function bilinear(x: Tensor, [rows, columns]: readonly [number, number]): Tensor {
  const [batch, height, width, channels] = x.shape
  const lines = blend(height, rows).matmul(reshape(x, [batch, height, width * channels]))
  const pixels: Tensor = reshape(lines, [batch * height * rows, width, channels])
  return reshape(blend(width, columns).matmul(pixels), [batch, height * rows, width * columns, channels])
}

/** Weights [size·factor, size]: output i has its centre at (i + ½)/factor − ½ of the input, kept inside it. */
function blend(size: number, factor: number): Tensor {
  const weights = new Float64Array(size * factor * size)
  for (let i = 0; i < size * factor; i++) {
    const centre = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), size - 1)
    const before = Math.floor(centre)
    weights[i * size + before] += 1 - (centre - before)
    weights[i * size + Math.min(before + 1, size - 1)] += centre - before
  }
  return fromCold(weights, [size * factor, size], 'float32')
}
