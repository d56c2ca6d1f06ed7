import {
  adam,
  batchNormalization,
  defaultGenerator,
  dense,
  dropout,
  type FitOptions,
  manualSeed,
  type Model,
  type ModelResult,
  type Sequential,
  sequential,
} from '../../../src/index.ts'

export const COUNT = 60
export const x = Array.from({ length: COUNT }, (_, i) => [Math.sin(i), Math.cos(2 * i), i % 3])
export const y = Array.from({ length: COUNT }, (_, i) => [Number(Math.sin(i) > 0)])
export const partsModule = new URL('./parts.ts', import.meta.url)

export const net = (): Sequential => {
  manualSeed(3)
  const model = sequential(
    dense({ units: 8, activation: 'relu' }),
    batchNormalization(),
    dropout({ rate: 0.2 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy', 'auc'],
  })
  return model
}

/** Everything that a fit leaves behind, as bits. */
export const bitsOf = (model: Model<ModelResult>): Record<string, unknown> => {
  const optimizer = model.requireCompiled('test').optimizer().stateDict()
  return {
    state: [...model.stateDict()].map(([name, tensor]) => [name, [...tensor.data()]]),
    numbers: [...optimizer.numbers],
    slots: [...optimizer.tensors].map(([name, tensor]) => [name, [...tensor.data()]]),
    generator: defaultGenerator().state(),
    training: model.training,
  }
}

/** The same training in this thread and in a worker. */
export async function inBoth<M extends Model<ModelResult>>(
  make: () => M,
  train: (model: M, where: Pick<FitOptions, 'worker' | 'workerModule'>) => Promise<unknown>,
  where: Pick<FitOptions, 'worker' | 'workerModule'> = { worker: true },
): Promise<readonly [here: unknown, there: unknown]> {
  const results: unknown[] = []
  for (const place of [{}, where]) {
    const model = make()
    const outcome = await train(model, place)
    results.push({ outcome, bits: bitsOf(model) })
  }
  return [results[0], results[1]]
}

export const quiet = { verbose: false } as const
