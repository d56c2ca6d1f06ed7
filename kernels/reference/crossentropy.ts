import type { Heap, Kernels } from '../kernels.ts'
import { logSumExp } from './softmax.ts'

type CrossEntropy = Pick<Kernels, 'sparseCrossEntropy' | 'sparseCrossEntropyGrad' | 'sigmoidCrossEntropy'>

/** Cross-entropies of logits: with class labels per row, and with a probability per element. */
export function createCrossEntropy(heap: Heap): CrossEntropy {
  const { floatShift: shift } = heap
  return {
    sparseCrossEntropy: (out, x, labels, rows, cols) => {
      const v = heap.float
      const int = heap.int
      for (let r = 0; r < rows; r++) {
        const from = (x >>> shift) + r * cols
        const label = int[(labels >>> 2) + r]
        if (label < 0) {
          v[(out >>> shift) + r] = 0
          continue
        }
        const { max, rest } = logSumExp(v, from, cols)
        v[(out >>> shift) + r] = max - v[from + label] + rest
      }
    },

    sparseCrossEntropyGrad: (out, x, labels, g, rows, cols) => {
      const v = heap.float
      const int = heap.int
      for (let r = 0; r < rows; r++) {
        const from = (x >>> shift) + r * cols
        const to = (out >>> shift) + r * cols
        const label = int[(labels >>> 2) + r]
        if (label < 0) {
          v.fill(0, to, to + cols)
          continue
        }
        const { max, rest } = logSumExp(v, from, cols)
        const scale = v[(g >>> shift) + r]
        for (let c = 0; c < cols; c++) {
          const probability = Math.exp(v[from + c] - max - rest)
          v[to + c] = scale * (c === label ? probability - 1 : probability)
        }
      }
    },

    sigmoidCrossEntropy: (out, z, y, n) => {
      const v = heap.float
      for (let i = 0; i < n; i++) {
        const logit = v[(z >>> shift) + i]
        const gap = Math.max(logit, 0) - logit * v[(y >>> shift) + i]
        v[(out >>> shift) + i] = gap + Math.log1p(Math.exp(-Math.abs(logit)))
      }
    },
  }
}
