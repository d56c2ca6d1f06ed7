import type { Heap, Kernels } from '../kernels.ts'

type Norms = Pick<Kernels, 'rowNorm' | 'rowNormGrad' | 'groupNorm' | 'groupNormGrad' | 'causalSoftmax'>

/** Normalisation of rows, and of groups of columns over rows: forward, and what flows back through it. */
export function createNorm(heap: Heap): Norms {
  const { floatShift: shift } = heap
  return {
    rowNorm: (out, mean, rstd, x, gamma, beta, rows, cols, eps) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        const from = (x >>> shift) + r * cols
        let centre = 0
        if (mean !== 0) {
          for (let c = 0; c < cols; c++) centre += v[from + c]
          centre /= cols
          v[(mean >>> shift) + r] = centre
        }
        let squares = 0
        for (let c = 0; c < cols; c++) squares += (v[from + c] - centre) ** 2
        const scale = 1 / Math.sqrt(squares / cols + eps)
        v[(rstd >>> shift) + r] = scale
        for (let c = 0; c < cols; c++) {
          const unit = (v[from + c] - centre) * scale
          v[(out >>> shift) + r * cols + c] = unit * v[(gamma >>> shift) + c] + v[(beta >>> shift) + c]
        }
      }
    },

    rowNormGrad: (dx, dGamma, dBeta, x, mean, rstd, gamma, g, rows, cols) => {
      const v = heap.float
      const gammaSums = new Float64Array(cols)
      const betaSums = new Float64Array(cols)
      for (let r = 0; r < rows; r++) {
        const centre = mean === 0 ? 0 : v[(mean >>> shift) + r]
        const scale = v[(rstd >>> shift) + r]
        const unit = (c: number): number => (v[(x >>> shift) + r * cols + c] - centre) * scale
        let sum = 0
        let dot = 0
        for (let c = 0; c < cols; c++) {
          const slope = v[(g >>> shift) + r * cols + c]
          betaSums[c] += slope
          gammaSums[c] += slope * unit(c)
          sum += slope * v[(gamma >>> shift) + c]
          dot += slope * v[(gamma >>> shift) + c] * unit(c)
        }
        if (dx === 0) continue
        const shared = mean === 0 ? 0 : sum / cols
        for (let c = 0; c < cols; c++) {
          const slope = v[(g >>> shift) + r * cols + c] * v[(gamma >>> shift) + c]
          v[(dx >>> shift) + r * cols + c] = scale * (slope - shared - (unit(c) * dot) / cols)
        }
      }
      if (dGamma !== 0) v.set(gammaSums, dGamma >>> shift)
      if (dBeta !== 0) v.set(betaSums, dBeta >>> shift)
    },

    groupNorm: (out, mean, variance, x, gamma, beta, outer, rows, cols, groups, eps) => {
      const v = heap.float
      const size = cols / groups
      for (let o = 0; o < outer; o++) {
        const from = (x >>> shift) + o * rows * cols
        for (let group = 0; group < groups; group++) {
          const each = (visit: (index: number, c: number) => void): void => {
            for (let r = 0; r < rows; r++)
              for (let c = group * size; c < (group + 1) * size; c++) visit(r * cols + c, c)
          }
          let sum = 0
          each(i => {
            sum += v[from + i]
          })
          const centre = sum / (rows * size)
          let squares = 0
          each(i => {
            squares += (v[from + i] - centre) ** 2
          })
          const spread = squares / (rows * size)
          v[(mean >>> shift) + o * groups + group] = centre
          v[(variance >>> shift) + o * groups + group] = spread
          const scale = 1 / Math.sqrt(spread + eps)
          each((i, c) => {
            const unit = (v[from + i] - centre) * scale
            v[(out >>> shift) + o * rows * cols + i] =
              unit * v[(gamma >>> shift) + c] + v[(beta >>> shift) + c]
          })
        }
      }
    },

    groupNormGrad: (dx, dGamma, dBeta, x, mean, variance, gamma, g, outer, rows, cols, groups, eps) => {
      const v = heap.float
      const size = cols / groups
      const gammaSums = new Float64Array(cols)
      const betaSums = new Float64Array(cols)
      for (let o = 0; o < outer; o++) {
        const start = o * rows * cols
        for (let group = 0; group < groups; group++) {
          const centre = v[(mean >>> shift) + o * groups + group]
          const scale = 1 / Math.sqrt(v[(variance >>> shift) + o * groups + group] + eps)
          const unit = (i: number): number => (v[(x >>> shift) + start + i] - centre) * scale
          const each = (visit: (index: number, c: number, slope: number) => void): void => {
            for (let r = 0; r < rows; r++)
              for (let c = group * size; c < (group + 1) * size; c++)
                visit(r * cols + c, c, v[(g >>> shift) + start + r * cols + c])
          }
          let sum = 0
          let dot = 0
          each((i, c, slope) => {
            betaSums[c] += slope
            gammaSums[c] += slope * unit(i)
            sum += slope * v[(gamma >>> shift) + c]
            dot += slope * v[(gamma >>> shift) + c] * unit(i)
          })
          if (dx === 0) continue
          const count = rows * size
          each((i, c, slope) => {
            const own = slope * v[(gamma >>> shift) + c]
            v[(dx >>> shift) + start + i] = scale * (own - sum / count - (unit(i) * dot) / count)
          })
        }
      }
      if (dGamma !== 0) v.set(gammaSums, dGamma >>> shift)
      if (dBeta !== 0) v.set(betaSums, dBeta >>> shift)
    },

    causalSoftmax: (out, x, rows, cols, first) => {
      const v = heap.float
      for (let r = 0; r < rows; r++) {
        const count = Math.max(0, Math.min(cols, first + r))
        const from = (x >>> shift) + r * cols
        const to = (out >>> shift) + r * cols
        let max = -Infinity
        for (let c = 0; c < count; c++) max = Math.max(max, v[from + c])
        let sum = 0
        for (let c = 0; c < count; c++) sum += v[to + c] = Math.exp(v[from + c] - max)
        for (let c = 0; c < cols; c++) v[to + c] = c < count ? v[to + c] / sum : 0
      }
    },
  }
}
