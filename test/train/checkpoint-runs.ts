import {
  adam,
  batchNormalization,
  type Callback,
  cosineSchedule,
  dense,
  dropout,
  earlyStopping,
  embedding,
  type FitOptions,
  type History,
  lstm,
  manualSeed,
  reduceLrOnPlateau,
  type Sequential,
  sequential,
  sgd,
  WeightAverage,
} from '../../src/index.ts'
import { sentences } from './problems.ts'

/** A model with everything that carries a state of its own from batch to batch. */
export function everything(schedule: boolean): Sequential {
  manualSeed(7)
  const model = sequential(
    embedding({ inputDim: 20, outputDim: 6, maskZero: true }),
    lstm({ units: 6, stateful: true }),
    batchNormalization({ momentum: 0.9 }),
    dropout({ rate: 0.3 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  const learningRate = schedule ? cosineSchedule({ learningRate: 0.02, steps: 30 }) : 0.02
  model.compile({
    optimizer: schedule ? adam({ learningRate, globalClipNorm: 1 }) : sgd({ learningRate, momentum: 0.9 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy', 'auc', 'f1Score'],
  })
  return model
}

export interface Outcome {
  readonly weights: readonly (readonly [string, readonly number[]])[]
  readonly optimizer: readonly (readonly [string, readonly number[]])[]
  readonly average: readonly (readonly [string, readonly number[]])[]
  readonly history: History['history']
  readonly logs: readonly string[]
}

const numbersIn = (state: ReadonlyMap<string, { data(): ArrayLike<number> }>): [string, number[]][] =>
  [...state].map(([name, tensor]) => [name, Array.from(tensor.data())])

/** 48 examples in batches of 8, two batches a step, 4 epochs: 12 steps. */
export const TRAINING = { epochs: 4, batchSize: 8, accumulate: 2 } as const

/** Trains, and gives everything that came of it; `logs` takes what the callbacks saw, batch by batch. */
export async function trained(
  schedule: boolean,
  options: FitOptions,
  logs: string[] = [],
  more: readonly Callback[] = [],
): Promise<Outcome> {
  const model = everything(schedule)
  // The averages need the weights, and these the sizes.
  model.build([6])
  const average = new WeightAverage(model.parameters(), { decay: 0.8 })
  const witness: Callback = {
    name: 'witness',
    onBatchEnd: (batch, figures) => void logs.push(`${batch} ${JSON.stringify(figures)}`),
    onEpochEnd: (epoch, figures) => void logs.push(`epoch ${epoch} ${JSON.stringify(figures)}`),
    stateDict: () => [...logs],
    loadStateDict: state => {
      logs.splice(0, logs.length, ...(state as string[]))
    },
  }
  const { x, y } = sentences(64)
  const callbacks = [
    witness,
    average,
    earlyStopping({ patience: 10, restoreBestWeights: true }),
    ...(schedule ? [] : [reduceLrOnPlateau({ patience: 0, factor: 0.5, threshold: 0.2 })]),
    ...more,
  ]
  const { history } = await model.fit(x, y, {
    ...TRAINING,
    validationSplit: 0.25,
    verbose: false,
    callbacks,
    ...options,
  })
  const optimizer = model.requireCompiled('test').optimizer().stateDict()
  return {
    weights: numbersIn(model.stateDict()),
    optimizer: [
      ...numbersIn(optimizer.tensors),
      ...[...optimizer.numbers].map(([name, value]) => [name, [value]] as const),
    ],
    average: numbersIn(average.stateDict()),
    history,
    logs,
  }
}
