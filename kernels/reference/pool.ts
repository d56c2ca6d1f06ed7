import type { Heap, Kernels } from '../kernels.ts'
import { eachTap } from './window.ts'

/** Max pooling, y = max of x over each window, and the sum at remembered positions that is its transpose. */
export function createPool(heap: Heap): Pick<Kernels, 'maxPool' | 'scatterPositions'> {
  const { floatShift } = heap

  return {
    maxPool(p) {
      const { float, int } = heap
      const { channels } = p
      const x = p.x >>> floatShift
      const y = p.y >>> floatShift
      const best = new Int32Array(p.batch * p.outHeight * p.outWidth * channels).fill(-1)
      eachTap(p, (output, _, input) => {
        for (let c = 0; c < channels; c++) {
          const o = output * channels + c
          const i = input * channels + c
          if (best[o] < 0 || beats(float[x + i], float[x + best[o]])) best[o] = i
        }
      })
      for (let o = 0; o < best.length; o++) float[y + o] = float[x + best[o]]
      if (p.positions !== 0) int.set(best, p.positions >>> 2)
    },
    scatterPositions(out, x, positions, size, n) {
      const { float, int } = heap
      const target = out >>> floatShift
      float.fill(0, target, target + size)
      for (let i = 0; i < n; i++) {
        float[target + int[(positions >>> 2) + i]] += float[(x >>> floatShift) + i]
      }
    },
  }
}

/** A larger number, or the first NaN. */
const beats = (x: number, best: number): boolean => x > best || (Number.isNaN(x) && !Number.isNaN(best))
