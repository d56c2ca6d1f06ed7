/**
 * The tasks of the benchmarks, by id. A workload such as W1 is a family of tasks; the first part of an id
 * names the family, so that `npm run bench -- W1` runs them all.
 */
export interface Task {
  readonly id: string
  readonly title: string
  /** Floating-point operations of one run, where the rate says more than the time. */
  readonly operations?: number
  /** Elements that one run produces or consumes, where the time per element says more than the time. */
  readonly elements?: number
  /** Whether contenders have to agree on the loss at step 10. */
  readonly trains?: boolean
  /** What is measured: a time (the default) or, for W11, the bytes that a step leaves behind. */
  readonly measures?: 'time' | 'leak'
}

/** Sizes of one matrix product: [m, k] · [k, n] → [m, n]. */
export interface ProductSizes {
  readonly m: number
  readonly k: number
  readonly n: number
}

/** Sizes of the text classifier: Embedding → LSTM → Dense(1), binary cross-entropy from logits, Adam. */
export interface ClassifierSizes {
  readonly vocabulary: number
  readonly embedding: number
  readonly steps: number
  readonly units: number
  readonly batch: number
}

/** Elements of W6: 1,024 rows of 1,024. */
export const elementwiseSide = 1024

/** Layer widths and batch of W3. */
export const perceptron = { widths: [784, 256, 128, 10], batch: 64 } as const

/**
 * W7: images of `size`², convolution 3 × 3 and ReLU, max pooling 2, the same again, a hidden layer, and the classes.
 * Nothing is padded.
 */
export const cnn = { size: 28, filters: [32, 64], units: 128, classes: 10, batch: 32 } as const

/** W8: one layer of a Transformer encoder, with ReLU, and the mean squared error to a target. */
export const encoder = { size: 128, heads: 4, hidden: 512, steps: 64, batch: 16 } as const

/** Learning rate of every training task; Adam with beta 0.9, 0.999 and PyTorch's epsilon of 1e-8. */
export const adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const

const classifier = (batch: number): ClassifierSizes => ({
  vocabulary: 10000,
  embedding: 64,
  steps: 100,
  units: 64,
  batch,
})
const smallClassifier = (batch: number): ClassifierSizes => ({
  vocabulary: 50,
  embedding: 100,
  steps: 10,
  units: 100,
  batch,
})

/** The tasks that run the text classifier, with their sizes. */
export const classifierSizes: Readonly<Record<string, ClassifierSizes>> = {
  'W4-train': classifier(32),
  'W4-infer-1': classifier(1),
  'W4-infer-32': classifier(32),
  'W5-train-2': smallClassifier(2),
  'W5-train-32': smallClassifier(32),
  W11: classifier(32),
}

const cubes = [128, 256, 512, 1024, 2048]
const forwardShapes: ProductSizes[] = [
  { m: 32, k: 64, n: 256 },
  { m: 3200, k: 64, n: 256 },
  { m: 32, k: 784, n: 128 },
]

/**
 * The tasks that multiply two matrices: sizes of the forward product. With `dA` the run computes G · Bᵀ, with
 * `dB` Aᵀ · G, where G has the shape of the forward result.
 */
export const products: Readonly<Record<string, ProductSizes & { gradient?: 'dA' | 'dB' }>> =
  Object.fromEntries([
    ...cubes.map(size => [`W1-${size}`, { m: size, k: size, n: size }]),
    ...forwardShapes.flatMap(shape => {
      const name = `W2-${shape.m}x${shape.k}x${shape.n}`
      return [
        [name, shape],
        [`${name}-dA`, { ...shape, gradient: 'dA' }],
        [`${name}-dB`, { ...shape, gradient: 'dB' }],
      ]
    }),
  ])

/** The maps and reductions of W6. */
export const elementwiseNames = ['tanh', 'sigmoid', 'exp', 'add', 'sum', 'softmax'] as const

const productTitle = ({ m, k, n, gradient }: ProductSizes & { gradient?: 'dA' | 'dB' }): string => {
  if (gradient === 'dA') return `G·Bᵀ [${m}, ${n}] · [${k}, ${n}]ᵀ`
  if (gradient === 'dB') return `Aᵀ·G [${m}, ${k}]ᵀ · [${m}, ${n}]`
  return `A·B [${m}, ${k}] · [${k}, ${n}]`
}

const classifierTitle = ({ vocabulary, embedding, steps, units, batch }: ClassifierSizes): string =>
  `Embedding(${vocabulary}, ${embedding}) → LSTM(${units}), T=${steps} → Dense(1), batch ${batch}`

const classifierTask = (id: string): Task => ({
  id,
  title: `${id.includes('infer') ? 'inference' : 'training step'}: ${classifierTitle(classifierSizes[id])}`,
  trains: id.includes('train'),
})

/** Every task that a contender runs in its own process. W10 (import time and size) is measured apart. */
export const tasks: readonly Task[] = [
  ...Object.entries(products).map(([id, sizes]) => ({
    id,
    title: productTitle(sizes),
    operations: 2 * sizes.m * sizes.k * sizes.n,
  })),
  {
    id: 'W3',
    title: `training step: MLP ${perceptron.widths.join('-')}, ReLU, batch ${perceptron.batch}, Adam`,
    trains: true,
  },
  ...Object.keys(classifierSizes)
    .filter(id => id !== 'W11')
    .map(classifierTask),
  {
    id: 'W7',
    title: `training step: CNN ${cnn.size}×${cnn.size}, conv ${cnn.filters[0]}, pool, conv ${cnn.filters[1]}, pool, dense ${cnn.units}, batch ${cnn.batch}, Adam`,
    trains: true,
  },
  {
    id: 'W8',
    title: `training step: Transformer encoder layer, d ${encoder.size}, ${encoder.heads} heads, ff ${encoder.hidden}, T ${encoder.steps}, batch ${encoder.batch}, Adam`,
    trains: true,
  },
  ...elementwiseNames.map(name => ({
    id: `W6-${name}`,
    title: `${name} of ${elementwiseSide}×${elementwiseSide}`,
    elements: elementwiseSide ** 2,
  })),
  { id: 'W9', title: '(a·b + c).sum() with 8 elements, forward and backward' },
  { id: 'W11', title: 'memory left behind by one step of a naive W4 training loop', measures: 'leak' },
]
