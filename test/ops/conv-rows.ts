import {
  convolve1d,
  convolve2d,
  convolveTransposed2d,
  maxPool1d,
  maxPool2d,
  type Tensor,
} from '../../src/index.ts'
import { convKernel } from '../../src/ops/conv.ts'
import { distinct, normal } from '../setup/numbers.ts'
import type { Example, Row } from './table.ts'

const of = (call: Example['call'], ...inputs: Tensor[]): Example => ({ call, inputs })

const geometry = {
  ...{ batch: 2, height: 4, width: 3, channels: 2, outHeight: 2, outWidth: 2, filters: 3, groups: 1 },
  ...{ windowHeight: 3, windowWidth: 2, strideHeight: 1, strideWidth: 1 },
  ...{ dilationHeight: 1, dilationWidth: 1, padTop: 0, padLeft: 0 },
} as const

/** Rows of the table for convolution and pooling. */
export const convRows: Readonly<Record<string, Row>> = {
  conv: [
    of(
      (x, k, bias) => convolve2d(x, k, { bias }),
      normal([2, 4, 3, 2], 1),
      normal([3, 2, 2, 3], 2),
      normal([3], 3),
    ),
    of(
      (x, k) => convolve2d(x, k, { strides: [2, 1], padding: 'same', dilationRate: [1, 2], groups: 2 }),
      normal([1, 4, 5, 4], 1),
      normal([2, 3, 2, 6], 2),
    ),
    of(
      (x, k) => convolve2d(x, k, { padding: 1, groups: 5 }),
      normal([1, 3, 3, 5], 1),
      normal([3, 3, 1, 5], 2),
    ),
    of(
      (x, k) => convolve1d(x, k, { padding: 'causal', dilationRate: 2 }),
      normal([2, 5, 2], 1),
      normal([3, 2, 2], 2),
    ),
    of((x, k) => convolve2d(x, k), normal([1, 3, 2, 3], 1), normal([1, 1, 3, 2], 2)),
  ],
  convInput: [
    of(
      (x, k) => convolveTransposed2d(x, k, { strides: 2, padding: 1, outputPadding: [1, 0] }),
      normal([1, 3, 3, 2], 1),
      normal([3, 3, 3, 2], 2),
    ),
  ],
  convKernel: [of((x, g) => convKernel(x, g, geometry), normal([2, 4, 3, 2], 1), normal([2, 2, 2, 3], 2))],
  maxPool: [
    of(x => maxPool2d(x, { poolSize: 2, strides: [1, 2], padding: 'same' }), distinct([2, 3, 5, 3])),
    of(
      x => maxPool2d(x, { poolSize: 3, strides: 2, padding: 1, dataFormat: 'channelsFirst' }),
      distinct([1, 2, 5, 5]),
    ),
    of(x => maxPool1d(x), distinct([2, 6, 2])),
  ],
  scatterPositions: { within: 'maxPool' },
}
