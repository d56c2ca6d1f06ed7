/**
 * npx tsx bench/gpu.ts [--mode webgpu|headlessgl] [--sides 1024,2048,4096] [--width 4096] [--batch 1024] [--rounds 5]
 *                      [--calls 10000] [--json]
 *
 * The GPU beside the wasm engine, interleaved in one process: square products with and without transfers, the kernel
 * alone, a training step of a perceptron with three layers, and from what size on the GPU wins. With --calls: memory
 * over so many small products, and nothing else. A program that imitates a GPU gets smaller sizes, unless some are given.
 */
import { parseArgs } from 'node:util'
import type { Backend } from '../src/engine/gpu/backend.ts'
import { calibrate } from '../src/engine/gpu/calibrate.ts'
import { openBackend } from '../src/engine/gpu/candidates.ts'
import { GPU_MODES, type GpuMode } from '../src/engine/gpu/library.ts'
import type { Operand, Product } from '../src/engine/gpu/product.ts'
import { engineOf } from '../src/engine/device.ts'
import {
  adam,
  dense,
  device,
  type DeviceName,
  Generator,
  manualSeed,
  sequential,
  tensor,
  useGpu,
  withDevice,
} from '../src/index.ts'
import { consume, median } from './harness.ts'
import { describeMachine } from './machine.ts'

const { values: options } = parseArgs({
  options: {
    mode: { type: 'string', default: 'webgpu' },
    sides: { type: 'string' },
    width: { type: 'string' },
    batch: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const mode = options.mode as GpuMode
if (!GPU_MODES.includes(mode)) throw new Error(`--mode takes one of ${GPU_MODES.join(', ')}`)
const engine = engineOf('wasm')
const { memory } = engine

/** Milliseconds of the middle round of each, after one that warms up; the contenders take turns. */
function interleave<Name extends string>(
  contenders: Readonly<Record<Name, () => void>>,
): Record<Name, number> {
  const names = Object.keys(contenders) as Name[]
  const times = new Map(names.map(name => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const start = performance.now()
      contenders[name]()
      if (round > 0) times.get(name)?.push(performance.now() - start)
    }
  }
  return Object.fromEntries(names.map(name => [name, median(times.get(name) ?? [])])) as Record<Name, number>
}

/** One square product: ours, the GPU's with transfers, with operands that are there, and what is not the kernel. */
function measureProduct(backend: Backend, side: number) {
  const [a, b, c] = [1, 2, 3].map(seed => {
    const pointer = memory.allocate(4 * side * side)
    memory.float.set(new Generator(seed).normal(side * side), pointer / 4)
    return pointer
  })
  let slot = 0
  const operand = (address: number, upload: boolean, cols = side): Operand => ({
    ...{ slot: upload ? 0 : ++slot, upload, address, stride: side, rows: side, cols },
  })
  const product = (left: Operand, right: Operand, k: number): Product => ({
    ...{ op: 'nn', m: side, n: side, k, a: left, b: right, drop: [] },
  })
  const sent = product(operand(a, true), operand(b, true), side)
  const kept = product(operand(a, false), operand(b, false), side)
  const thin = product(operand(a, false, 1), { ...operand(b, false), rows: 1 }, 1)
  // Loads what the others find there.
  for (const { a, b, ...rest } of [kept, thin]) {
    backend.run({ ...rest, a: { ...a, upload: true }, b: { ...b, upload: true } }, memory)
  }
  const run = (what: Product) => () => consume(backend.run(what, memory)[0])
  const times = interleave({
    wasm: () => engine.kernels.gemm(false, false, side, side, side, a, side, b, side, c, side, false),
    sent: run(sent),
    kept: run(kept),
    thin: run(thin),
  })
  backend.run({ ...sent, drop: [kept.a.slot, kept.b.slot, thin.a.slot, thin.b.slot] }, memory)
  for (const pointer of [a, b, c]) memory.release(pointer)
  const flops = 2 * side ** 3
  const rate = (ms: number): string => (flops / ms / 1e6).toFixed(1)
  return {
    product: `${side}³`,
    'wasm ms': times.wasm.toFixed(2),
    'GPU ms, with transfers': times.sent.toFixed(2),
    'GPU ms, operands there': times.kept.toFixed(2),
    'wasm GFLOP/s': rate(times.wasm),
    'kernel alone GFLOP/s': rate(Math.max(times.kept - times.thin, 1e-6)),
    'times as fast': (times.wasm / times.sent).toFixed(2),
  }
}

/** A training step of width-width-width with batch examples, on both devices. */
async function measureStep(width: number, batch: number) {
  await useGpu({ mode, required: true })
  const steps = (['wasm', 'gpu'] as const).map((name: DeviceName) => {
    manualSeed(1)
    const layer = (units: number) => dense({ units, activation: 'relu', inputSize: width })
    const model = sequential(layer(width), layer(width), layer(width))
    const optimizer = adam({ learningRate: 1e-4 })
    model.compile({ optimizer, loss: 'meanSquaredError' })
    const [x, y] = [1, 2].map(seed =>
      tensor(new Generator(seed).normal(batch * width), { shape: [batch, width] }),
    )
    const fit = () =>
      model.fit(x, y, { epochs: 1, batchSize: batch, shuffle: false, verbose: false, device: name })
    return { name, fit, times: [] as number[] }
  })
  for (let round = 0; round <= rounds; round++) {
    for (const { fit, times } of steps) {
      const start = performance.now()
      await fit()
      if (round > 0) times.push(performance.now() - start)
    }
  }
  const [wasm, gpu] = steps.map(({ times }) => median(times))
  const { counters } = device.status()
  await useGpu({ mode: 'off' })
  return {
    step: `${width}-${width}-${width}, batch ${batch}`,
    'wasm ms': wasm.toFixed(1),
    'GPU ms': gpu.toFixed(1),
    'times as fast': (wasm / gpu).toFixed(2),
    offloaded: counters.offloaded,
    fallbacks: counters.fallbacks,
  }
}

/** Memory of the process and of the engine while small products go to the GPU. */
async function measureMemory(calls: number): Promise<void> {
  await useGpu({ mode, required: true })
  const [a, b] = [1, 2].map(seed => tensor(new Generator(seed).normal(1024), { shape: [32, 32] }))
  const report = (done: number): void => {
    const { rss, heapUsed, external } = process.memoryUsage()
    const { kernels, cacheBytes, counters } = device.status()
    const figures = { done, rss, heapUsed, external, engine: engine.memoryInfo().inUse, kernels, cacheBytes }
    console.log(JSON.stringify({ ...figures, ...counters }))
  }
  withDevice('gpu', () => {
    for (let i = 0; i < calls; i++) {
      if (i % Math.ceil(calls / 10) === 0) report(i)
      consume(a.matmul(b, { transposeA: i % 2 === 0 }).size)
    }
  })
  report(calls)
  await useGpu({ mode: 'off' })
}

async function measureAll(): Promise<void> {
  const backend = await openBackend(engine, mode, undefined)
  const { adapter } = backend
  const given = options.sides?.split(',').map(Number)
  const sides = given ?? (adapter.software ? [64, 128, 256] : [256, 512, 1024, 1536, 2048, 3072, 4096])
  const width = Number(options.width ?? (adapter.software ? 128 : 4096))
  const batch = Number(options.batch ?? (adapter.software ? 64 : 1024))
  const machine = describeMachine()
  console.log(`${adapter.name}${adapter.software ? ' (a program, not a GPU)' : ''} through ${mode}`)
  console.log(JSON.stringify(machine))
  const products = sides.map(side => measureProduct(backend, side))
  const { breakEven } = calibrate(engine.kernels.gemm, backend, memory)
  await backend.close()
  const step = await measureStep(width, batch)
  if (options.json) console.log(JSON.stringify({ adapter, mode, machine, products, breakEven, step }))
  else {
    console.table(products)
    console.log(`break-even: ${breakEven === null ? 'none up to 8192³' : `${breakEven}³`}`)
    console.table([step])
  }
}

if (options.calls === undefined) await measureAll()
else await measureMemory(Number(options.calls))
