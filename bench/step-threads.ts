/**
 * What two threads gain in whole training steps:
 *
 *     npx tsx bench/step-threads.ts [W3 W4-train W7 W8 …]
 *
 * Rounds alternate between one thread and two; a figure is the least time of one thread over the least of two, and the
 * median over the rounds. Other programs on the same cores take from two threads first: look at the least times.
 */
import { useThreads } from '../src/index.ts'
import { median } from './harness.ts'
import { convolutions } from './ours/cnn.ts'
import { encoders } from './ours/encoder.ts'
import { trainings } from './ours/training.ts'

const ROUNDS = 12
const SAMPLES = 8
const entries = { ...trainings, ...convolutions, ...encoders }
const chosen = process.argv.length > 2 ? process.argv.slice(2) : ['W3', 'W4-train', 'W7', 'W8']

for (const id of chosen) {
  const entry = entries[id]
  if (typeof entry !== 'function') throw new Error(`${id} is not a training step`)
  const contender = entry()
  await contender.setup()
  const seconds = async (): Promise<number> => {
    const start = performance.now()
    await contender.run()
    return performance.now() - start
  }
  const least = async (): Promise<number> => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < SAMPLES; i++) best = Math.min(best, await seconds())
    return best
  }
  const times: [number, number][] = []
  for (let round = 0; round < ROUNDS; round++) {
    await useThreads({ threads: 1 })
    const one = await least()
    await useThreads({ threads: 2 })
    times.push([one, await least()])
  }
  await useThreads({ threads: 1 })
  const [one, two] = [0, 1].map(at => Math.min(...times.map(pair => pair[at])))
  console.log(
    `${id}: two threads ${(one / two).toFixed(2)}× by the least times, ${median(times.map(([a, b]) => a / b)).toFixed(2)}× by the median round`,
  )
}
