import {
  adam,
  dense,
  dropout,
  manualSeed,
  type Sequential,
  sequential,
  type TrainingEvent,
} from '../../../src/index.ts'

const x = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i % 3])
const y = x.map(([first]) => [Number(first > 0)])

function net(): Sequential {
  manualSeed(3)
  const model = sequential(
    dense({ units: 8, activation: 'relu' }),
    dropout({ rate: 0.2 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
  })
  return model
}

/** Trains in this thread and in a worker, and leaves a third training in the middle. */
export async function run() {
  const options = { epochs: 3, validationSplit: 0.2, verbose: false } as const
  const [here, there, left] = [net(), net(), net()]
  manualSeed(5)
  const { history } = await here.fit(x, y, options)
  manualSeed(5)
  const events: TrainingEvent['kind'][] = []
  const stream = there.fitEvents(x, y, { ...options, worker: true })
  let step = await stream.next()
  for (; step.done !== true; step = await stream.next()) events.push(step.value.kind)
  for await (const { kind } of left.fitEvents(x, y, { ...options, epochs: 10_000, worker: true })) {
    if (kind === 'epoch') break
  }
  return {
    events: events.filter(kind => kind !== 'batch'),
    sameHistory: JSON.stringify(step.value.history) === JSON.stringify(history),
    sameOutputs: here.predict(x).data().join() === there.predict(x).data().join(),
    steps: left.requireCompiled('test').optimizer().stepCount,
    isIsolated: crossOriginIsolated,
  }
}
