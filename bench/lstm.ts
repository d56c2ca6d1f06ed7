// The LSTM kernels against the arithmetic they cannot avoid: npx tsx bench/lstm.ts [variant]
// floor = multiplications and additions of the matrix products ÷ the register-only multiply-add rate, measured in
// between the rounds. A figure is the median over rounds of the ratio within the round.
import type { Pointer } from '../kernels/kernels.ts'
import type { LstmBackward, LstmForward } from '../kernels/recurrent.ts'
import { hasRelaxedSimd, type WasmVariant } from '../src/engine/wasm.ts'
import { createWasmRecurrent } from '../src/engine/wasm-recurrent.ts'
import { wasmHeap } from '../test/kernels/harness.ts'

interface Workload {
  readonly name: string
  readonly batch: number
  readonly time: number
  readonly size: number
  /** Mean share of the steps that the mask keeps; post-padded. */
  readonly kept?: number
}

const workloads: readonly Workload[] = [
  { name: 'W4 batch 32', batch: 32, time: 100, size: 64 },
  { name: 'W4 batch 32, half padded', batch: 32, time: 100, size: 64, kept: 0.5 },
  { name: 'W4 batch 1', batch: 1, time: 100, size: 64 },
  { name: 'W5 batch 32', batch: 32, time: 10, size: 100 },
  { name: 'W5 batch 2', batch: 2, time: 10, size: 100 },
  { name: '256 units', batch: 32, time: 20, size: 256 },
]

interface Prepared {
  readonly forward: LstmForward
  readonly inference: LstmForward
  readonly backward: LstmBackward
}

function prepare(device: ReturnType<typeof wasmHeap>, w: Workload): Prepared {
  const { heap } = device
  const { batch, time, size } = w
  const noise = (n: number, scale: number): Pointer =>
    heap.put(Float32Array.from({ length: n }, () => (Math.random() * 2 - 1) * scale))
  const steps = batch * time
  const length = (b: number) => Math.round((time * (w.kept ?? 1) * 2 * (b + 0.5)) / batch)
  const mask = () =>
    heap.putInt(
      Int32Array.from({ length: steps }, (_, row) => +(row % time < length(Math.floor(row / time)))),
    )
  const common = {
    batch,
    time,
    inputSize: size,
    units: size,
    x: noise(steps * size, 1),
    kernel: noise(4 * size * size, 1 / Math.sqrt(size)),
    recurrentKernel: noise(4 * size * size, 1 / Math.sqrt(size)),
    h0: 0,
    c0: 0,
    mask: w.kept === undefined ? 0 : mask(),
    reverse: false,
    hardSigmoid: false,
    out: heap.space(steps * size),
    gates: heap.space(steps * size * 4),
    cells: heap.space(steps * size),
  }
  const forward = {
    ...common,
    bias: noise(4 * size, 1),
    hLast: heap.space(batch * size),
    cLast: heap.space(batch * size),
  }
  return {
    forward,
    inference: { ...forward, out: 0, gates: 0, cells: 0 },
    backward: {
      ...common,
      dOut: 0,
      dhLast: noise(batch * size, 1),
      dcLast: 0,
      dGates: heap.space(steps * size * 4),
      dx: heap.space(steps * size),
      dKernel: heap.space(4 * size * size),
      dRecurrentKernel: heap.space(4 * size * size),
      dBias: heap.space(4 * size),
      dh0: 0,
      dc0: 0,
    },
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]

function bench(variant: WasmVariant, w: Workload): void {
  const device = wasmHeap(variant)
  const { heap, exports } = device
  const p = prepare(device, w)
  // Scratch is taken from an endless supply otherwise: the test heap never gives anything back.
  const scratch = reusable(heap.allocate)
  const lstm = createWasmRecurrent(exports, { ...heap, ...scratch })
  const steps = w.batch * w.time * (w.kept ?? 1)
  const product = 2 * steps * w.size * 4 * w.size // FLOP of one matrix product over all steps
  const tasks = {
    inference: { flop: 2 * product, run: () => lstm.lstmForward(p.inference) },
    forward: { flop: 2 * product, run: () => lstm.lstmForward(p.forward) },
    backward: { flop: 4 * product, run: () => lstm.lstmBackward(p.backward) },
    both: {
      flop: 6 * product,
      run: () => {
        lstm.lstmForward(p.forward)
        lstm.lstmBackward(p.backward)
      },
    },
  }
  const time = (run: () => void, repeat: number): number => {
    const start = performance.now()
    for (let i = 0; i < repeat; i++) run()
    return (performance.now() - start) / repeat
  }
  /** FLOP per ms */
  const peak = (): number => 96e5 / time(() => void exports.peak_muladd(1e5), 1)
  const repeat = Math.max(1, Math.round(3e7 / (6 * product)))
  for (const { run } of Object.values(tasks)) time(run, 20)
  for (let i = 0; i < 20; i++) peak()

  const measured = Object.fromEntries(
    Object.keys(tasks).map(name => [name, { ms: [], ratio: [] as number[] }]),
  ) as Record<string, { ms: number[]; ratio: number[] }>
  for (let round = 0; round < 40; round++) {
    for (const [name, { flop, run }] of Object.entries(tasks)) {
      const before = peak()
      const ms = time(run, repeat)
      const rate = (before + peak()) / 2
      measured[name].ms.push(ms)
      measured[name].ratio.push((ms * rate) / flop)
    }
  }
  const line = Object.entries(measured).map(
    ([name, { ms, ratio }]) => `${name} ${median(ms).toFixed(3)} ms ${median(ratio).toFixed(2)}×`,
  )
  console.log(`${variant.padEnd(8)} ${w.name.padEnd(26)} ${line.join('   ')}`)
}

/** Hands the same blocks out again after release. */
function reusable(allocate: (bytes: number) => Pointer) {
  const free = new Map<number, Pointer[]>()
  const sizes = new Map<Pointer, number>()
  return {
    allocate: (bytes: number): Pointer => {
      const pointer = free.get(bytes)?.pop() ?? allocate(bytes)
      sizes.set(pointer, bytes)
      return pointer
    },
    release: (pointer: Pointer): void => {
      const bytes = sizes.get(pointer) ?? 0
      free.set(bytes, [...(free.get(bytes) ?? []), pointer])
    },
  }
}

const variants: readonly WasmVariant[] = hasRelaxedSimd() ? ['muladd', 'relaxed'] : ['muladd']
for (const w of workloads) for (const variant of variants) bench(variant, w)
