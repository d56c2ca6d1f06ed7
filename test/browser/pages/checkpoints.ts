import {
  type ByteStore,
  type Callback,
  dense,
  dropout,
  indexedDbStore,
  manualSeed,
  opfsStore,
  sequential,
} from '../../../src/index.ts'

const x = Array.from({ length: 24 }, (_, i) => [i / 24, 1])
const y = x.map(([a]) => 2 * a - 1)

const train = async (
  store: ByteStore | null,
  resume: boolean,
  callbacks: Callback[] = [],
): Promise<number[]> => {
  manualSeed(3)
  const model = sequential(
    dense({ units: 8, inputSize: 2, activation: 'relu' }),
    dropout({ rate: 0.3 }),
    dense({ units: 1, inputSize: 8 }),
  )
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const checkpoint = store === null ? undefined : { store, everySteps: 1, keep: 2 }
  await model.fit(x, y, { epochs: 3, batchSize: 8, checkpoint, resume, callbacks, verbose: false })
  return model.parameters().flatMap(parameter => [...parameter.data()])
}

const stores = (): ByteStore[] => [indexedDbStore('run'), opfsStore('run')]

/** Trains until the page is left on the first visit, and goes on in the second. */
export async function run(visit: string) {
  if (visit === 'again') {
    const resumed = []
    for (const store of stores()) resumed.push(await train(store, true))
    const files = await Promise.all(stores().map(async store => (await store.names()).length))
    return { whole: await train(null, false), resumed, files }
  }
  const die: Callback = {
    onBatchEnd: (_, __, { optimizer }) => {
      if (optimizer.stepCount === 4) throw new Error('left')
    },
  }
  const reasons = []
  for (const store of stores())
    reasons.push(
      await train(store, false, [die]).then(
        () => 'done',
        (error: Error) => error.message,
      ),
    )
  return { reasons }
}
