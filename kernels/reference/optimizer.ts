import type { Heap, Kernels } from '../kernels.ts'

/** The smallest normal float32. */
const LEAST = 2 ** -126

/** Parameter updates, in place. */
export function createOptimizer(heap: Heap): Pick<Kernels, 'sgd' | 'adam' | 'flushSubnormals'> {
  const { floatShift: shift } = heap
  return {
    sgd: (p, g, v, n, lr, momentum, dampening, weightDecay, nesterov, first) => {
      const f = heap.float
      for (let i = 0; i < n; i++) {
        const at = (p >>> shift) + i
        const gradient = f[(g >>> shift) + i] + weightDecay * f[at]
        let step = gradient
        if (momentum !== 0) {
          const velocityAt = (v >>> shift) + i
          const velocity = first ? gradient : momentum * f[velocityAt] + (1 - dampening) * gradient
          f[velocityAt] = velocity
          step = nesterov ? gradient + momentum * velocity : velocity
        }
        f[at] -= lr * step
      }
    },

    adam: (p, g, m, v, vMax, n, stepSize, beta1, beta2, eps, inverseCorrection2, weightDecay, keep) => {
      const f = heap.float
      for (let i = 0; i < n; i++) {
        const at = (p >>> shift) + i
        const gradient = f[(g >>> shift) + i] + weightDecay * f[at]
        const mean = beta1 * f[(m >>> shift) + i] + (1 - beta1) * gradient
        let square = beta2 * f[(v >>> shift) + i] + (1 - beta2) * gradient * gradient
        f[(m >>> shift) + i] = mean
        f[(v >>> shift) + i] = square
        if (vMax !== 0) {
          square = Math.max(f[(vMax >>> shift) + i], square)
          f[(vMax >>> shift) + i] = square
        }
        f[at] = keep * f[at] - (stepSize * mean) / (Math.sqrt(square * inverseCorrection2) + eps)
      }
    },

    flushSubnormals: (x, n) => {
      const numbers = heap.float.subarray(x >>> shift, (x >>> shift) + n)
      numbers.forEach((value, i) => {
        if (Math.abs(value) < LEAST) numbers[i] = 0
      })
    },
  }
}
