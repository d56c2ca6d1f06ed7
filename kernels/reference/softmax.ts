import type { Heap, Kernels } from '../kernels.ts'

/** The maximum and log Σ exp(v[i] − max) over `count` elements from `start`. */
export function logSumExp(
  v: Float32Array | Float64Array,
  start: number,
  count: number,
): { max: number; rest: number } {
  let max = -Infinity
  for (let i = start; i < start + count; i++) max = Math.max(max, v[i])
  let sum = 0
  for (let i = start; i < start + count; i++) sum += Math.exp(v[i] - max)
  return { max, rest: Math.log(sum) }
}

type Softmax = Pick<Kernels, 'softmax' | 'logSoftmax' | 'softmaxGrad' | 'logSoftmaxGrad'>

/** Softmax over the rows of a [rows, cols] array, and what flows back through it. */
export function createSoftmax(heap: Heap): Softmax {
  const { floatShift: shift } = heap
  return {
    softmax: (out, x, rows, cols) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        const from = (x >>> shift) + r * cols
        const to = (out >>> shift) + r * cols
        let max = -Infinity
        for (let c = 0; c < cols; c++) max = Math.max(max, v[from + c])
        let sum = 0
        for (let c = 0; c < cols; c++) sum += v[to + c] = Math.exp(v[from + c] - max)
        for (let c = 0; c < cols; c++) v[to + c] /= sum
      }
    },

    logSoftmax: (out, x, rows, cols) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        const from = (x >>> shift) + r * cols
        const to = (out >>> shift) + r * cols
        // The maximum first: huge logits then lose nothing.
        const { max, rest } = logSumExp(v, from, cols)
        for (let c = 0; c < cols; c++) v[to + c] = v[from + c] - max - rest
      }
    },

    softmaxGrad: (out, y, g, rows, cols) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        const yRow = (y >>> shift) + r * cols
        const gRow = (g >>> shift) + r * cols
        const to = (out >>> shift) + r * cols
        let dot = 0
        for (let c = 0; c < cols; c++) dot += v[gRow + c] * v[yRow + c]
        for (let c = 0; c < cols; c++) v[to + c] = v[yRow + c] * (v[gRow + c] - dot)
      }
    },

    logSoftmaxGrad: (out, y, g, rows, cols) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        const yRow = (y >>> shift) + r * cols
        const gRow = (g >>> shift) + r * cols
        const to = (out >>> shift) + r * cols
        let sum = 0
        for (let c = 0; c < cols; c++) sum += v[gRow + c]
        for (let c = 0; c < cols; c++) v[to + c] = v[gRow + c] - Math.exp(v[yRow + c]) * sum
      }
    },
  }
}
