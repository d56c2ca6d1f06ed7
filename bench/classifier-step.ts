/**
 * The W4 training step by itself: its time over the arithmetic floor, the gain of two threads, and the first step.
 *
 *     npx tsx bench/classifier-step.ts
 *
 * The floor is the step's floating-point operations at the rate of a register-only multiply-add loop in the same run.
 */
import { instantiate } from '../src/engine/wasm.ts'
import { useThreads } from '../src/index.ts'
import { median } from './harness.ts'
import { trainings } from './ours/training.ts'
import { classifierSizes } from './tasks.ts'

const ROUNDS = 15
const { steps, units, embedding, batch } = classifierSizes['W4-train']
/** Input and recurrent products, forward once and backward twice. */
const operations = 3 * 2 * batch * steps * (embedding + units) * 4 * units

const entry = trainings['W4-train']
if (typeof entry !== 'function') throw new Error('W4-train has no contender')
const contender = entry()

const seconds = (work: () => void): number => {
  const start = performance.now()
  work()
  return (performance.now() - start) / 1000
}
const step = (): number => seconds(() => contender.run())
const some = (count: number): number => median(Array.from({ length: count }, step))

contender.setup()
const first = step()
console.log(`first training step, with a cold engine: ${(first * 1000).toFixed(1)} ms`)
some(60)

const kernels = instantiate('muladd', new WebAssembly.Memory({ initial: 16, maximum: 65536 }), false)
const TURNS = 1_000_000
/** Operations of one turn of the register loop. */
const PER_TURN = 96
kernels.peak_muladd(2 * TURNS)
const overFloor = Array.from({ length: ROUNDS }, () => {
  const rate = (TURNS * PER_TURN) / seconds(() => kernels.peak_muladd(TURNS))
  return some(8) / (operations / rate)
})
console.log(`W4 step over the arithmetic floor, one thread: ${median(overFloor).toFixed(2)}`)

const gains: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  await useThreads({ threads: 1 })
  some(3)
  const one = some(15)
  await useThreads({ threads: 2 })
  some(3)
  gains.push(one / some(15))
}
console.log(
  `W4 step, gain of two threads: ${median(gains).toFixed(2)}× (${Math.min(...gains).toFixed(2)}–${Math.max(...gains).toFixed(2)})`,
)
