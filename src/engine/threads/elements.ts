import {
  BINARY_NAMES,
  type BinaryKernel,
  GRADIENT_NAMES,
  type Kernels,
  type Pointer,
  UNARY_NAMES,
  type UnaryName,
} from '../../../kernels/kernels.ts'
import type { WasmExports } from '../wasm-modules.ts'
import { callOf } from './chunk.ts'
import type { ThreadPool } from './pool.ts'

/** Ranges per thread, to even out threads of unequal speed. */
const RANGES_PER_THREAD = 4
/** Ranges of one array end here, so that threads do not write to one cache line (and vectors stay whole). */
const GRAIN = 256

/** Elements from which another thread begins before this one is done: memory is the limit, then arithmetic. */
const MANY = 1 << 18
const FEW = 1 << 16
/** Maps that cost a load and a store. */
const CHEAP: ReadonlySet<UnaryName> = new Set([
  'neg',
  'abs',
  'sign',
  'square',
  'relu',
  'relu6',
  'hardTanh',
  'floor',
  'ceil',
  'trunc',
])

type Range = (from: number, to: number) => number[]

/** Kernels on long arrays and many rows, shared out among the threads of a pool. Every element is computed as by one thread. */
export function sharedElements(
  pool: ThreadPool,
  exports: WasmExports,
  single: Kernels,
): Pick<
  Kernels,
  'float' | 'unary' | 'gradient' | 'softmax' | 'softmaxGrad' | 'rowNorm' | 'rowNormGrad' | 'axpy' | 'adam'
> {
  const call = callOf(exports)

  /** Shares out 0 … count, in multiples of `grain`; false when it is too little. */
  function share(count: number, least: number, grain: number, repeatable: boolean, range: Range): boolean {
    if (count < least) return false
    const size = Math.ceil(count / (pool.threads * RANGES_PER_THREAD) / grain) * grain
    const chunks: number[][] = []
    for (let from = 0; from < count; from += size) chunks.push(range(from, Math.min(count, from + size)))
    if (chunks.length < 2) return false
    pool.run({ kind: 'call', chunks, scratch: 0, scratchStride: 0, repeatable })
    return true
  }

  /** Names that the module has: the others are reference loops. */
  const present = <N extends string>(names: readonly N[], prefix: string): readonly N[] =>
    names.filter(name => exports[prefix + name] !== undefined)

  const unary = { ...single.unary }
  for (const name of present(UNARY_NAMES, 'unary_')) {
    const least = CHEAP.has(name) ? MANY : FEW
    unary[name] = (out, x, n) => {
      const range: Range = (from, to) => call(`unary_${name}`, [out + 4 * from, x + 4 * from, to - from])
      if (!share(n, least, GRAIN, out !== x, range)) single.unary[name](out, x, n)
    }
  }

  const gradient = { ...single.gradient }
  for (const name of present(GRADIENT_NAMES, 'gradient_')) {
    gradient[name] = (out, y, g, n) => {
      const range: Range = (from, to) =>
        call(`gradient_${name}`, [out + 4 * from, y + 4 * from, g + 4 * from, to - from])
      if (!share(n, name === 'reluGrad' ? MANY : FEW, GRAIN, out !== y && out !== g, range))
        single.gradient[name](out, y, g, n)
    }
  }

  const binary: Record<(typeof BINARY_NAMES)[number], BinaryKernel> = { ...single.float.binary }
  for (const name of present(BINARY_NAMES, 'binary_')) {
    const run = single.float.binary[name]
    binary[name] = (out, a, b, rows, cols, aRow, aCol, bRow, bCol) => {
      const ofColumns: Range = (from, to) =>
        call(`binary_${name}`, [
          out + 4 * from,
          a + 4 * from * aCol,
          b + 4 * from * bCol,
          1,
          to - from,
          0,
          aCol,
          0,
          bCol,
        ])
      const ofRows: Range = (from, to) =>
        call(`binary_${name}`, [
          out + 4 * from * cols,
          a + 4 * from * aRow,
          b + 4 * from * bRow,
          to - from,
          cols,
          aRow,
          aCol,
          bRow,
          bCol,
        ])
      const apart = out !== a && out !== b
      const done =
        rows === 1
          ? share(cols, MANY, GRAIN, apart, ofColumns)
          : rows * cols >= MANY && share(rows, 2, 4, apart, ofRows)
      if (!done) run(out, a, b, rows, cols, aRow, aCol, bRow, bCol)
    }
  }

  const numbersOf = (pointer: Pointer, from: number): Pointer => (pointer === 0 ? 0 : pointer + 4 * from)
  const rowsOf = (pointer: Pointer, from: number, cols: number): Pointer => pointer + 4 * from * cols

  return {
    unary,
    gradient,
    float: { ...single.float, binary },
    softmax: (out, x, rows, cols) => {
      const range: Range = (from, to) =>
        call('softmax', [rowsOf(out, from, cols), rowsOf(x, from, cols), to - from, cols])
      if (rows * cols < FEW || !share(rows, 2, 4, out !== x, range)) single.softmax(out, x, rows, cols)
    },
    softmaxGrad: (out, y, g, rows, cols) => {
      const range: Range = (from, to) =>
        call('softmaxGrad', [
          rowsOf(out, from, cols),
          rowsOf(y, from, cols),
          rowsOf(g, from, cols),
          to - from,
          cols,
        ])
      if (rows * cols < FEW || !share(rows, 2, 4, out !== y && out !== g, range))
        single.softmaxGrad(out, y, g, rows, cols)
    },
    rowNorm: (out, mean, rstd, x, gamma, beta, rows, cols, eps) => {
      const range: Range = (from, to) => {
        const perRow = [numbersOf(mean, from), rstd + 4 * from]
        const [y, source] = [rowsOf(out, from, cols), rowsOf(x, from, cols)]
        return call('rowNorm', [y, ...perRow, source, gamma, beta, to - from, cols], [eps])
      }
      if (rows * cols < FEW || !share(rows, 2, 4, true, range))
        single.rowNorm(out, mean, rstd, x, gamma, beta, rows, cols, eps)
    },
    rowNormGrad: (dx, dGamma, dBeta, x, mean, rstd, gamma, g, rows, cols) => {
      const range: Range = (from, to) => {
        const [to0, source, slope] = [dx, x, g].map(pointer => rowsOf(pointer, from, cols))
        const perRow = [numbersOf(mean, from), rstd + 4 * from]
        return call('rowNormGrad', [to0, 0, 0, source, ...perRow, gamma, slope, to - from, cols, 0])
      }
      // The sums over all rows are done here, since they have one order; only dx is shared out.
      const shared = dx !== 0 && rows * cols >= FEW && share(rows, 2, 4, true, range)
      single.rowNormGrad(shared ? 0 : dx, dGamma, dBeta, x, mean, rstd, gamma, g, rows, cols)
    },
    axpy: (out, x, n, a) => {
      const range: Range = (from, to) => call('axpy', [out + 4 * from, x + 4 * from, to - from], [a])
      if (!share(n, MANY, GRAIN, false, range)) single.axpy(out, x, n, a)
    },
    adam: (p, g, m, v, vMax, n, stepSize, beta1, beta2, eps, correction, weightDecay, keep) => {
      const floats = [stepSize, beta1, beta2, eps, correction, weightDecay, keep, 1 - beta1, 1 - beta2]
      const range: Range = (from, to) => {
        const arrays = [p, g, m, v, vMax].map(pointer => numbersOf(pointer, from))
        return call('adam', [...arrays, to - from], floats)
      }
      if (!share(n, FEW, GRAIN, false, range)) {
        single.adam(p, g, m, v, vMax, n, stepSize, beta1, beta2, eps, correction, weightDecay, keep)
      }
    },
  }
}
