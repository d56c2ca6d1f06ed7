// A training step of the GRU kernels against one of the LSTM's, interleaved: npx tsx bench/gru.ts
// The products ask for 3/4 of the LSTM's arithmetic. A figure is the median over rounds of the ratio within the round.
import type { Pointer } from '../kernels/kernels.ts'
import type { GruForward } from '../kernels/recurrent.ts'
import { hasRelaxedSimd, type WasmVariant } from '../src/engine/wasm.ts'
import { createWasmRecurrent } from '../src/engine/wasm-recurrent.ts'
import { wasmHeap } from '../test/kernels/harness.ts'

const workloads = [
  { name: 'W4 batch 32', batch: 32, time: 100, size: 64 },
  { name: 'W4 batch 1', batch: 1, time: 100, size: 64 },
  { name: 'W5 batch 32', batch: 32, time: 10, size: 100 },
  { name: '256 units', batch: 32, time: 20, size: 256 },
]
type Workload = (typeof workloads)[number]

/** Forward and backward of each layer on numbers of its own. */
function steps(variant: WasmVariant, { batch, time, size }: Workload): Record<string, () => void> {
  const { heap, exports } = wasmHeap(variant)
  const free = new Map<number, Pointer[]>()
  const sizes = new Map<Pointer, number>()
  const kernels = createWasmRecurrent(exports, {
    ...heap,
    // The test heap never gives anything back: hand the same scratch out again.
    allocate: bytes => {
      const pointer = free.get(bytes)?.pop() ?? heap.allocate(bytes)
      sizes.set(pointer, bytes)
      return pointer
    },
    release: pointer => {
      const bytes = sizes.get(pointer) ?? 0
      free.set(bytes, [...(free.get(bytes) ?? []), pointer])
    },
  })
  const noise = (n: number, scale = 1 / Math.sqrt(size)): Pointer =>
    heap.put(Float32Array.from({ length: n }, () => (Math.random() * 2 - 1) * scale))
  const rows = batch * time
  const layer = (gates: number) => ({
    ...{ batch, time, inputSize: size, units: size, h0: 0, c0: 0, mask: 0, reverse: false },
    ...{ hardSigmoid: false, relu: false },
    x: noise(rows * size, 1),
    kernel: noise(gates * size * size),
    recurrentKernel: noise(gates * size * size),
    bias: noise(2 * gates * size),
    ...{ out: heap.space(rows * size), hLast: heap.space(batch * size), cLast: heap.space(batch * size) },
    ...{ gates: heap.space(rows * size * 4), cells: heap.space(rows * size) },
    ...{ dOut: 0, dhLast: noise(batch * size, 1), dcLast: 0, dGates: heap.space(rows * size * 4) },
    ...{ dx: heap.space(rows * size), dh0: 0, dc0: 0, dBias: heap.space(2 * gates * size) },
    dKernel: heap.space(gates * size * size),
    dRecurrentKernel: heap.space(gates * size * size),
  })
  const gru = (resetAfter: GruForward['resetAfter']) => ({ ...layer(3), resetAfter })
  const [lstm, after, before, rnn] = [layer(4), gru(true), gru(false), layer(1)]
  return {
    lstm: () => {
      kernels.lstmForward(lstm)
      kernels.lstmBackward(lstm)
    },
    'gru, reset after': () => {
      kernels.gruForward(after)
      kernels.gruBackward(after)
    },
    'gru, reset before': () => {
      kernels.gruForward(before)
      kernels.gruBackward(before)
    },
    'simple rnn': () => {
      kernels.rnnForward(rnn)
      kernels.rnnBackward(rnn)
    },
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]

function timed(run: () => void, repeat: number): number {
  const start = performance.now()
  for (let i = 0; i < repeat; i++) run()
  return (performance.now() - start) / repeat
}

function bench(variant: WasmVariant, workload: Workload): void {
  const tasks = Object.entries(steps(variant, workload))
  for (const [, run] of tasks) timed(run, 20)
  const repeat = Math.max(1, Math.round(5 / timed(tasks[0][1], 3)))
  const times = tasks.map((): number[] => [])
  for (let round = 0; round < 60; round++) {
    for (const [i, [, run]] of tasks.entries()) times[i].push(timed(run, repeat))
  }
  const line = tasks.map(([name], i) => {
    const ratio = median(times[i].map((ms, round) => ms / times[0][round]))
    return `${name} ${median([...times[i]]).toFixed(3)} ms ${ratio.toFixed(2)}×`
  })
  console.log(`${variant.padEnd(8)} ${workload.name.padEnd(12)} ${line.join('   ')}`)
}

const variants: readonly WasmVariant[] = hasRelaxedSimd() ? ['muladd', 'relaxed'] : ['muladd']
for (const workload of workloads) for (const variant of variants) bench(variant, workload)
