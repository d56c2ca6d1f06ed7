/**
 * W11: what a naive training loop leaves behind. Nothing in these loops thinks about memory.
 *
 *     npx tsx bench/leak.ts [variant ...] [--steps 10000] [--time 100]
 *
 * Prints the resident set, what a full collection leaves, and the high-water mark of the engine's memory, at a tenth of
 * the steps and at the end. V8 lets its young generation grow by tens of MB under any steady load, with or without this
 * library: to see the library alone, keep it small: node --max-semi-space-size=2 --import tsx bench/leak.ts.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { currentEngine } from '../src/engine/device.ts'
import {
  Adam,
  binaryCrossentropy,
  dense,
  embedding,
  Generator,
  lstm,
  manualSeed,
  type Sequential,
  sequential,
  type Tensor,
  tensor,
} from '../src/index.ts'

const MEGABYTE = 1 << 20
/** Growth that the design allows, in MB. */
const ALLOWED = 5
const BATCH = 32
const VOCABULARY = 10_000

interface Options {
  readonly steps: number
  readonly time: number
}

const classifier = (): Sequential =>
  sequential(
    embedding({ inputDim: VOCABULARY, outputDim: 64, maskZero: true }),
    lstm({ units: 64 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )

/** Prepared batches, each of which becomes new tensors in the step that uses it. */
const PREPARED = 50

/** The examples of each step: ids with padding at the end, and labels. */
function batches(time: number): () => { x: Tensor; y: Tensor } {
  const random = new Generator(7)
  const prepared = Array.from({ length: PREPARED }, () => ({
    ids: Int32Array.from({ length: BATCH * time }, (_, i) =>
      i % time > time - 4 ? 0 : 1 + random.below(VOCABULARY - 1),
    ),
    labels: Float32Array.from({ length: BATCH }, () => random.below(2)),
  }))
  let step = 0
  return () => {
    const { ids, labels } = prepared[step++ % PREPARED]
    return {
      x: tensor(ids, { shape: [BATCH, time], dtype: 'int32' }),
      y: tensor(labels, { shape: [BATCH, 1] }),
    }
  }
}

/** A step as one writes it without a thought: metrics after backward(), with gradients on, and every loss kept. */
function naiveStep(time: number): () => void {
  const model = classifier()
  const next = batches(time)
  const losses: Tensor[] = []
  const accuracies: number[] = []
  let optimizer: Adam | null = null
  return () => {
    const { x, y } = next()
    const probabilities = model.forward(x)
    optimizer ??= new Adam(model.parameters())
    const loss = binaryCrossentropy(probabilities, y)
    loss.backward()
    optimizer.step()
    optimizer.zeroGrad()
    losses.push(loss)
    accuracies.push(probabilities.greater(0.5).equal(y.greater(0.5)).cast('float32').mean().item())
  }
}

function forwardStep(time: number): () => void {
  const model = classifier()
  const next = batches(time)
  return () => {
    const { x } = next()
    model.forward(x).mean().item()
  }
}

/** The forward gets as far as the loss, which then refuses the labels. */
function throwingStep(time: number): () => void {
  const model = classifier()
  const next = batches(time)
  const wrong = tensor([1, 0, 1])
  return () => {
    const { x } = next()
    try {
      binaryCrossentropy(model.forward(x), wrong)
    } catch {
      return
    }
    throw new Error('three labels for 32 examples were accepted')
  }
}

/** A model is built, trained a step and dropped. */
function droppedModel(time: number): () => void {
  const next = batches(time)
  return () => {
    const model = classifier()
    const { x, y } = next()
    const loss = binaryCrossentropy(model.forward(x), y)
    loss.backward()
    const optimizer = new Adam(model.parameters())
    optimizer.step()
    optimizer.zeroGrad()
  }
}

interface Variant {
  readonly title: string
  readonly step: (time: number) => () => void
  readonly isAsync: boolean
  /** Steps unless told otherwise. */
  readonly steps: number
}

const variants: Readonly<Record<string, Variant>> = {
  sync: { title: 'naive training, synchronous loop', step: naiveStep, isAsync: false, steps: 10_000 },
  async: { title: 'naive training, asynchronous loop', step: naiveStep, isAsync: true, steps: 10_000 },
  forward: { title: 'forwards without backward', step: forwardStep, isAsync: false, steps: 10_000 },
  throw: { title: 'forwards that throw', step: throwingStep, isAsync: false, steps: 10_000 },
  models: { title: 'models built, trained a step, dropped', step: droppedModel, isAsync: true, steps: 500 },
}

interface Reading {
  /** Resident set, as the operating system sees it: with whatever the JavaScript heap has not collected yet. */
  readonly rss: number
  /** What a full collection leaves: JavaScript objects, and arrays outside of the heap. */
  readonly live: number
  /** The most that the engine's memory ever held. */
  readonly highWater: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The resident set is read before the collection, which it must not be flattered by. */
function measure(): Reading {
  const { rss } = process.memoryUsage()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const { highWater } = currentEngine().memoryInfo()
  return {
    rss: rss / MEGABYTE,
    live: (heapUsed + arrayBuffers) / MEGABYTE,
    highWater: highWater / MEGABYTE,
  }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function run(name: string, { steps, time }: Options): Promise<boolean> {
  const { title, step, isAsync } = variants[name]
  manualSeed(1)
  const once = step(time)
  const start = performance.now()
  let early = measure()
  for (let i = 1; i <= steps; i++) {
    once()
    if (isAsync) await nextTurn()
    if (i === Math.ceil(steps / 10)) early = measure()
  }
  const late = measure()
  const seconds = (performance.now() - start) / 1000
  const growth = (of: keyof Reading): number => late[of] - early[of]
  const fits = growth('rss') <= ALLOWED && growth('highWater') <= ALLOWED
  const show = (label: string, of: keyof Reading): string =>
    `${label} ${early[of].toFixed(1)} → ${late[of].toFixed(1)} (${growth(of) < 0 ? '' : '+'}${growth(of).toFixed(1)})`
  console.log(
    `${name.padEnd(8)} ${title}, T=${time}, ${steps} steps in ${seconds.toFixed(0)} s: ` +
      `${show('rss', 'rss')}   ${show('live', 'live')}   ${show('engine', 'highWater')} MB   ${fits ? 'ok' : 'GROWS'}`,
  )
  return fits
}

function parse(args: readonly string[]): { names: string[]; steps: number | null; time: number } {
  const names: string[] = []
  let steps: number | null = null
  let time = 100
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--steps') steps = Number(args[++i])
    else if (args[i] === '--time') time = Number(args[++i])
    else if (Object.hasOwn(variants, args[i])) names.push(args[i])
    else throw new Error(`unknown argument ${args[i]}; variants: ${Object.keys(variants).join(', ')}`)
  }
  return { names: names.length > 0 ? names : Object.keys(variants), steps, time }
}

const { names, steps, time } = parse(process.argv.slice(2))
let allFit = true
for (const name of names) allFit = (await run(name, { steps: steps ?? variants[name].steps, time })) && allFit
process.exitCode = allFit ? 0 : 1
