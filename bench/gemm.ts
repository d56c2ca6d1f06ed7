// How near the matrix product comes to the multiply-add rate of the registers: npx tsx bench/gemm.ts [pattern]
// For the relaxed variant on Node 20: node --experimental-wasm-relaxed-simd --import tsx bench/gemm.ts
import { createWasmGemm } from '../src/engine/wasm-gemm.ts'
import { hasRelaxedSimd, instantiate, type WasmExports, type WasmVariant } from '../src/engine/wasm.ts'

interface Workload {
  readonly name: string
  readonly flops: number
  readonly run: () => void
}

const rounds = Number(process.env.ROUNDS ?? 25)
const millisecondsPerSample = 3

/** [transA, transB, m, n, k] */
type Shape = readonly [boolean, boolean, number, number, number]

const cube = (n: number): Shape => [false, false, n, n, n]
const shapes: readonly Shape[] = [
  ...[64, 128, 256, 512, 1024, 2048].map(cube),
  // Layers forward, then the products of their backward passes.
  [false, false, 32, 256, 64],
  [false, false, 3200, 256, 64],
  [false, false, 32, 128, 784],
  [true, false, 64, 256, 3200],
  [false, true, 3200, 64, 256],
  [true, false, 784, 128, 32],
  [false, true, 32, 784, 128],
  ...[128, 512, 1024].flatMap((n): Shape[] => [
    [false, true, n, n, n],
    [true, false, n, n, n],
    [true, true, n, n, n],
  ]),
  // Flat and narrow ones.
  [false, false, 32, 4096, 256],
  [false, false, 16, 512, 512],
  [false, false, 8, 1024, 1024],
  [false, true, 8, 1024, 1024],
  [false, false, 64, 10, 128],
  [false, false, 2, 400, 100],
  [false, false, 1, 256, 64],
  [false, true, 1, 256, 64],
  [false, false, 1, 1024, 1024],
  [false, true, 1, 1024, 1024],
  [false, false, 3200, 1, 64],
]

function arena(memory: WebAssembly.Memory) {
  let top = 64
  return {
    allocate: (bytes: number) => {
      const pointer = top
      top += Math.ceil(bytes / 64) * 64
      if (top > memory.buffer.byteLength) throw new RangeError('the benchmark needs more memory')
      return pointer
    },
    release: () => {},
  }
}

function workloads(exports: WasmExports, memory: WebAssembly.Memory): Workload[] {
  const heap = arena(memory)
  const gemm = createWasmGemm(exports, heap)
  const largest = 2048 * 2048
  const [a, b, c] = [0, 1, 2].map(() => heap.allocate(largest * 4))
  const numbers = new Float32Array(memory.buffer)
  for (let i = 0; i < largest; i++) {
    numbers[a / 4 + i] = Math.sin(i)
    numbers[b / 4 + i] = Math.cos(i)
  }

  const products = shapes.map(([transA, transB, m, n, k]): Workload => {
    const [lda, ldb] = [transA ? m : k, transB ? k : n]
    return {
      name: `${m}×${k}×${n} ${transA ? 'T' : 'N'}${transB ? 'T' : 'N'}`,
      flops: 2 * m * n * k,
      run: () => gemm(transA, transB, m, n, k, a, lda, b, ldb, c, n, false),
    }
  })

  const packed = heap.allocate(exports.packed_b_bytes(256, 64))
  const scratch = heap.allocate(exports.gemm_workspace())
  exports.pack_b(0, 256, 64, b, 256, packed)
  const prepacked = [1, 2, 4, 8, 16, 32].map(
    (m): Workload => ({
      name: `${m}×64×256 prepacked +=`,
      flops: 2 * m * 64 * 256,
      run: () => exports.gemm_prepacked(m, 256, 64, a, 64, packed, c, 256, 1, scratch),
    }),
  )
  return [...products, ...prepacked]
}

/** Operations per nanosecond over one sample of `turns` runs. */
function rate(w: Workload, turns: number): number {
  const start = performance.now()
  for (let i = 0; i < turns; i++) w.run()
  return (w.flops * turns) / (performance.now() - start) / 1e6
}

const median = (values: number[]): number => values.sort((x, y) => x - y)[values.length >> 1]

/** The second best, since one sample in many is a fluke of the clock. */
const best = (values: number[]): number => values.sort((x, y) => y - x)[1]

function measure(variant: WasmVariant): void {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536 })
  const exports = instantiate(variant, memory, false)
  const pattern = new RegExp(process.argv[2] ?? '')
  const peak: Workload = { name: 'registers', flops: 96e4, run: () => void exports.peak_muladd(1e4) }
  const all = workloads(exports, memory).filter(w => pattern.test(w.name))
  // The engine replaces its first, slow code while the kernels are in use.
  for (const w of [peak, ...all]) {
    const end = performance.now() + 60
    while (performance.now() < end) w.run()
  }
  const turns = new Map(
    [peak, ...all].map(w => [
      w,
      Math.max(1, Math.round((rate(w, 3) * 1e6 * millisecondsPerSample) / w.flops)),
    ]),
  )
  const samples = new Map(all.map((w): [Workload, number[]] => [w, []]))
  const peaks: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const w of all) {
      peaks.push(rate(peak, 60))
      samples.get(w)?.push(rate(w, turns.get(w) ?? 1))
    }
  }
  const top = median(peaks)
  console.log(
    `\n${variant}: share of the register rate, median and best (registers ${top.toFixed(1)}, ${best(peaks).toFixed(1)} GFLOP/s)`,
  )
  for (const [w, rates] of samples) {
    console.log(
      `  ${w.name.padEnd(26)} ${(median(rates) / top).toFixed(2)}  ${(best(rates) / best(peaks)).toFixed(2)}`,
    )
  }
}

measure('muladd')
if (hasRelaxedSimd()) measure('relaxed')
