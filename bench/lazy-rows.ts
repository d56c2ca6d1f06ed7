// What `lazyRows` of an Embedding saves in a training step: the optimizer updates only the rows that occurred.
// npx tsx bench/lazy-rows.ts      ROUNDS=21
import { Adam, type Embedding, embedding, Generator, manualSeed, tensor } from '../src/index.ts'
import { describeMachine } from './machine.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 21)
const WIDTH = 64
const BATCH = 3200

/** Processor time of one step, in microseconds: forward, backward, update. */
function stepper(rows: number, lazyRows: boolean): () => number {
  manualSeed(1)
  const table: Embedding = embedding({ inputDim: rows, outputDim: WIDTH, lazyRows })
  const optimizer = new Adam(table.parameters(), { learningRate: 0.001 })
  const random = new Generator(2)
  return () => {
    const ids = tensor(
      Int32Array.from({ length: BATCH }, () => random.below(rows)),
      { dtype: 'int32' },
    )
    const before = process.cpuUsage()
    table.forward(ids).square().sum().backward()
    optimizer.step()
    optimizer.zeroGrad()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
}

console.log(describeMachine())
console.log(
  `One step of Adam on a table of vectors of ${WIDTH}, ${BATCH} ids; processor time, exact ÷ lazy\n`,
)
for (const rows of [1_000, 10_000, 100_000, 300_000]) {
  const [exact, lazy] = [stepper(rows, false), stepper(rows, true)]
  for (let warm = 0; warm < 3; warm++) for (const step of [exact, lazy]) step()
  // Interleaved, ten steps at a time: the clock of the processor ticks slowly.
  const run = (step: () => number): number =>
    Array.from({ length: 10 }, step).reduce((sum, time) => sum + time, 0)
  const rounds = Array.from({ length: ROUNDS }, () => run(exact) / run(lazy)).sort((a, b) => a - b)
  const middle = rounds[ROUNDS >> 1]
  console.log(`${rows.toLocaleString('en-US').padStart(8)} rows  ${middle.toFixed(2)} ×`)
}
