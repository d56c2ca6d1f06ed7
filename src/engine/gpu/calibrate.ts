import type { Heap, Kernels } from '../../../kernels/kernels.ts'
import type { Backend } from './backend.ts'
import { breakEven, bytesOf, flopsOf, type Rates, ratesFrom, type Sample } from './cost-model.ts'
import type { Operand, Product } from './product.ts'

/** Both rates, and from what size on the GPU wins. */
export interface Calibration {
  readonly wasm: Rates
  readonly gpu: Rates
  readonly breakEven: number | null
}

const SIDES = [64, 256, 768] as const
const ROUNDS = 3

/** The best of some rounds after one that compiles. */
function best(run: () => void, now: () => number): number {
  let least = Number.POSITIVE_INFINITY
  run()
  for (let i = 0; i < ROUNDS; i++) {
    const start = now()
    run()
    least = Math.min(least, now() - start)
  }
  return least
}

/**
 * Times our matrix product against the round trip to the GPU at three sizes.
 * @throws DeviceFault when the GPU fails
 */
export function calibrate(
  gemm: Kernels['gemm'],
  backend: Backend,
  heap: Heap,
  now: () => number = () => performance.now(),
): Calibration {
  const samples = SIDES.map(side => {
    const sizes = { m: side, n: side, k: side }
    const pointers = [0, 1, 2].map(() => heap.allocate(4 * side * side))
    const [a, b, c] = pointers
    for (const pointer of pointers) heap.float.fill(1, pointer / 4, pointer / 4 + side * side)
    const operand = (address: number): Operand => ({
      slot: 0,
      upload: true,
      address,
      stride: side,
      rows: side,
      cols: side,
    })
    const product: Product = { op: 'nn', ...sizes, a: operand(a), b: operand(b), drop: [] }
    const flops = flopsOf(sizes)
    try {
      const ours = best(() => gemm(false, false, side, side, side, a, side, b, side, c, side, false), now)
      const theirs = best(() => backend.run(product, heap), now)
      return { wasm: { flops, bytes: 0, ms: ours }, gpu: { flops, bytes: bytesOf(sizes), ms: theirs } }
    } finally {
      for (const pointer of pointers) heap.release(pointer)
    }
  })
  const [small, middle, large] = samples
  const wasm: Rates = { call: 0, byte: 0, flop: large.wasm.ms / large.wasm.flops }
  const measured: readonly [Sample, Sample, Sample] = [small.gpu, middle.gpu, large.gpu]
  const gpu = ratesFrom(measured)
  return { wasm, gpu, breakEven: breakEven(gpu, wasm) }
}
