// What threads gain over one, round by round: npx tsx bench/threads.ts [threads] [rounds]
// A figure is the median over rounds of (time of one thread ÷ time of all) within the round, and the best quarter of
// the rounds, which is what remains on a machine that has other things to do.
import type { Kernels, Pointer } from '../kernels/kernels.ts'
import type { LstmBackward, LstmForward } from '../kernels/recurrent.ts'
import { engineOf } from '../src/engine/device.ts'
import { ThreadPool } from '../src/engine/threads/pool.ts'
import { word } from '../src/engine/threads/layout.ts'
import { instantiate, wasmModule, type WasmVariant } from '../src/engine/wasm.ts'
import { threadInfo, useThreads } from '../src/index.ts'
import { median } from './harness.ts'

interface Workload {
  readonly name: string
  readonly run: (kernels: Kernels) => void
}

const [threads, rounds] = [Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 31)]
const engine = engineOf('wasm')
const { memory } = engine

function noise(n: number, scale = 1): Pointer {
  const pointer = memory.allocate(n * 4)
  for (let i = 0; i < n; i++) memory.float[(pointer >>> 2) + i] = (Math.random() * 2 - 1) * scale
  return pointer
}

function product(m: number, k: number, n: number, transA = false, transB = false): Workload {
  const [a, b, c] = [noise(m * k), noise(k * n), noise(m * n)]
  const [lda, ldb] = [transA ? m : k, transB ? k : n]
  return {
    name: `matmul ${m}×${k}×${n}${transA || transB ? ` ${transA ? 'T' : 'N'}${transB ? 'T' : 'N'}` : ''}`,
    run: kernels => kernels.gemm(transA, transB, m, n, k, a, lda, b, ldb, c, n, false),
  }
}

function lstm(batch: number, time: number, size: number): Workload {
  const steps = batch * time
  const common = {
    batch,
    time,
    inputSize: size,
    units: size,
    x: noise(steps * size),
    kernel: noise(4 * size * size, 1 / Math.sqrt(size)),
    recurrentKernel: noise(4 * size * size, 1 / Math.sqrt(size)),
    h0: 0,
    c0: 0,
    mask: 0,
    reverse: false,
    hardSigmoid: false,
    out: noise(steps * size),
    gates: noise(steps * size * 4),
    cells: noise(steps * size),
  }
  const forward: LstmForward = {
    ...common,
    bias: noise(4 * size),
    hLast: noise(batch * size),
    cLast: noise(batch * size),
  }
  const backward: LstmBackward = {
    ...common,
    dOut: 0,
    dhLast: noise(batch * size),
    dcLast: 0,
    dGates: common.gates,
    dx: noise(steps * size),
    dKernel: noise(4 * size * size),
    dRecurrentKernel: noise(4 * size * size),
    dBias: noise(4 * size),
    dh0: 0,
    dc0: 0,
  }
  return {
    name: `LSTM forward+backward, batch ${batch}, ${time} steps, ${size} units`,
    run: kernels => {
      kernels.lstmForward(forward)
      kernels.lstmBackward(backward)
    },
  }
}

/** Milliseconds per run. */
function time(run: () => void, turns: number): number {
  const start = performance.now()
  for (let i = 0; i < turns; i++) run()
  return (performance.now() - start) / turns
}

const workloads = [
  product(512, 512, 512),
  lstm(32, 100, 64),
  ...[128, 256, 1024].map(n => product(n, n, n)),
  product(512, 512, 512, false, true),
  product(512, 512, 512, true, false),
  product(3200, 64, 256),
  product(64, 3200, 256, true),
  product(32, 784, 512),
  lstm(32, 10, 100),
  lstm(2, 100, 64),
  lstm(32, 20, 256),
]

const one = engine.kernels
const { reason } = await useThreads({ threads })
if (reason !== null) throw new Error(`no threads: ${reason}`)
const many = engine.kernels

console.log(
  `${threadInfo().threads} threads, ${engine.variant}: gain over one, median and best quarter of ${rounds} rounds`,
)
for (const { name, run } of workloads) {
  const [single, all] = [() => run(one), () => run(many)]
  time(single, 3)
  const turns = Math.max(1, Math.round(4 / time(single, 3)))
  time(all, turns)
  const times: number[] = []
  const gains: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = time(single, turns)
    const shared = time(all, turns)
    times.push(before)
    gains.push((before + time(single, turns)) / 2 / shared)
  }
  const best = gains.sort((a, b) => b - a)[rounds >> 2]
  console.log(
    `  ${name.padEnd(52)} ${median(times).toFixed(3).padStart(8)} ms  ${median(gains).toFixed(2)}×  ${best.toFixed(2)}×`,
  )
}
await useThreads({ threads: 1 })

/** What a job costs before and after its chunks: two chunks that do nothing. */
const variant = engine.variant as WasmVariant
const pool = await ThreadPool.start({
  threads,
  memory,
  module: wasmModule(variant, true),
  exports: instantiate(variant, memory.wasm as WebAssembly.Memory, true),
  failed: why => console.error(why),
})
const cells = memory.allocate(256)
const chunks = [
  [cells, 0, 0],
  [cells + 128, 0, 0],
]
const job = () => pool.run({ kind: 'probe', chunks, scratch: 0, scratchStride: 0, repeatable: true })
const hot: number[] = []
const parked: number[] = []
for (let round = 0; round < rounds; round++) {
  hot.push(time(job, 20_000))
  while (Atomics.load(pool.words, word.sleepers) < threads - 1);
  parked.push(time(job, 1))
}
const microseconds = (values: number[]): string => `${(median(values) * 1000).toFixed(2)} µs`
console.log(
  `  an empty job: ${microseconds(hot)} while workers are hot, ${microseconds(parked)} while they are parked`,
)
await pool.stop()
