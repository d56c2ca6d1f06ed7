import type { Heap, Kernels, Pointer } from '../kernels.ts'
import type { Convolution } from '../windows.ts'
import { eachTap } from './window.ts'

/**
 * Convolution, as deep learning says (a correlation), and its two transposes:
 *
 *   y[o, f] = bias[f] + Σ x[i, c]·kernel[t, c, f]   over the taps t by which output pixel o sees input pixel i
 *   x[i, c] = Σ y[o, f]·kernel[t, c, f]
 *   kernel[t, c, f] = Σ x[i, c]·y[o, f]
 *
 * where c and f are of one group. Sums are kept in double precision.
 */
export function createConv(heap: Heap): Pick<Kernels, 'convForward' | 'convInput' | 'convKernel'> {
  const { floatShift } = heap
  const index = (pointer: Pointer): number => pointer >>> floatShift

  /** Calls `term` with the places of every x, kernel and y that are multiplied. */
  function eachProduct(p: Convolution, term: (x: number, kernel: number, y: number) => void): void {
    const depth = p.channels / p.groups
    const width = p.filters / p.groups
    eachTap(p, (output, tap, input) => {
      for (let c = 0; c < p.channels; c++) {
        const first = Math.floor(c / depth) * width
        const row = (tap * depth + (c % depth)) * p.filters
        for (let f = first; f < first + width; f++) {
          term(input * p.channels + c, row + f, output * p.filters + f)
        }
      }
    })
  }

  return {
    convForward(p) {
      const { float } = heap
      const [x, kernel, bias] = [index(p.x), index(p.kernel), index(p.bias)]
      const sums = new Float64Array(p.batch * p.outHeight * p.outWidth * p.filters)
      if (p.bias !== 0) for (let i = 0; i < sums.length; i++) sums[i] = float[bias + (i % p.filters)]
      eachProduct(p, (i, k, o) => {
        sums[o] += float[x + i] * float[kernel + k]
      })
      float.set(sums, index(p.y))
    },
    convInput(p) {
      const { float } = heap
      const [kernel, y] = [index(p.kernel), index(p.y)]
      const sums = new Float64Array(p.batch * p.height * p.width * p.channels)
      eachProduct(p, (i, k, o) => {
        sums[i] += float[kernel + k] * float[y + o]
      })
      float.set(sums, index(p.x))
    },
    convKernel(p) {
      const { float } = heap
      const [x, y] = [index(p.x), index(p.y)]
      const sums = new Float64Array((p.windowHeight * p.windowWidth * p.channels * p.filters) / p.groups)
      eachProduct(p, (i, k, o) => {
        sums[k] += float[x + i] * float[y + o]
      })
      float.set(sums, index(p.kernel))
    },
  }
}
