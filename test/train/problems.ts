import {
  type Callback,
  dense,
  type FitOptions,
  lstm,
  embedding,
  Generator,
  type Logs,
  manualSeed,
  type Sequential,
  sequential,
} from '../../src/index.ts'

/** y = 2·x₀ − 3·x₁ + 1, without noise. */
export function line(count = 64): { x: number[][]; y: number[] } {
  const random = new Generator(11)
  const x = Array.from({ length: count }, () => [...random.uniform(2, -1, 1)])
  return { x, y: x.map(([a, b]) => 2 * a - 3 * b + 1) }
}

export const xor = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] } // biome-ignore format: a table

/** Points around three corners of a triangle, with the number of the corner. */
export function corners(count = 90): { x: number[][]; y: number[] } {
  const random = new Generator(12)
  const y = Array.from({ length: count }, (_, i) => i % 3)
  const at = [[0, 2], [2, -1], [-2, -1]] // biome-ignore format: a table
  return { x: y.map(k => [...random.normal(2, 0, 0.4)].map((noise, axis) => at[k][axis] + noise)), y }
}

/** A seeded model for `line`. */
export function regression(seed = 1): Sequential {
  manualSeed(seed)
  const model = sequential(dense({ units: 1, inputSize: 2 }))
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  return model
}

/** A seeded text classifier, with all of its parts. */
export function textClassifier(seed = 1): Sequential {
  manualSeed(seed)
  const model = sequential(
    embedding({ inputDim: 20, outputDim: 8, maskZero: true }),
    lstm({ units: 8 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
  return model
}

/** Sequences of ids, padded with 0; 1 where the first id is less than the second. */
export function sentences(count = 48, time = 6): { x: number[][]; y: number[] } {
  const random = new Generator(13)
  const x = Array.from({ length: count }, () => {
    const length = 2 + random.below(time - 1)
    return Array.from({ length: time }, (_, i) => (i < length ? 1 + random.below(19) : 0))
  })
  return { x, y: x.map(([a, b]) => (a < b ? 1 : 0)) }
}

/** All numbers of a model, one after the other. */
export const numbersOf = (model: Sequential): number[] =>
  model.parameters().flatMap(parameter => [...parameter.data()])

/** `fit` options that print nothing. */
export const quiet = (options: FitOptions = {}): FitOptions => ({ verbose: false, ...options })

/** A callback that writes down what it is called with. */
export function recorder(name: string, events: string[]): Callback {
  const keys = (logs: Logs): string => Object.keys(logs).join(',')
  return {
    name,
    onTrainBegin: info =>
      void events.push(`${name} begin ${info.epochs}×${info.batches} of ${info.examples}`),
    onEpochBegin: epoch => void events.push(`${name} epoch ${epoch}`),
    onBatchEnd: (batch, logs) => void events.push(`${name} batch ${batch} ${keys(logs)}`),
    onEpochEnd: (epoch, logs) => void events.push(`${name} epoch ${epoch} ends ${keys(logs)}`),
    onTrainEnd: logs => void events.push(`${name} end ${keys(logs)}`),
  }
}
