import { describe, expect, it } from 'vitest'
import {
  adam,
  BuildError,
  type DataInput,
  dense,
  DTypeError,
  embedding,
  type FitOptions,
  lstm,
  manualSeed,
  NonFiniteError,
  type Sequential,
  sequential,
  ShapeError,
  type tensor,
  type TensorloomError,
  ValueError,
} from '../src/index.ts'
import { devices, useDevice } from './setup/devices.ts'
import { errorOf, rejection } from './setup/errors.ts'

type ErrorClass = new (facts: never) => TensorloomError

/** Ids of five steps, and a label each. */
const x = [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [9, 8, 7, 6, 5], [1, 1, 1, 1, 1]] // biome-ignore format: a table
const y = [0, 1, 1, 0]

const text = (): Sequential => {
  manualSeed(1)
  const model = sequential(
    embedding({ inputDim: 10, outputDim: 4 }),
    lstm({ units: 3 }),
    dense({ units: 1, activation: 'sigmoid', name: 'head' }),
  )
  model.compile({ optimizer: adam({ learningRate: 0.1 }), loss: 'binaryCrossentropy', metrics: ['accuracy'] })
  return model
}

const classes = (): Sequential => {
  manualSeed(1)
  const model = sequential(dense({ units: 4 }), dense({ units: 3, activation: 'softmax' }))
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

interface Bad {
  readonly what: string
  readonly make?: () => Sequential
  readonly x?: DataInput
  readonly y?: DataInput
  readonly options?: FitOptions
  readonly kind: ErrorClass
  readonly message: RegExp
  /** What is wrong only in training: `evaluate` takes it. */
  readonly onlyFit?: boolean
}

const points = [[1, 2], [3, 4], [5, 6], [0, 0]] // biome-ignore format: a table
const table: readonly Bad[] = [
  {
    what: 'an id out of range',
    x: [[1, 2, 3, 4, 10], ...x.slice(1)],
    kind: ValueError,
    message:
      /in Sequential "sequential" → Embedding "embedding": got the id 10 at position 4, but there are 10 \(0 … 9\)[\s\S]*Hint: .*inputDim/,
  },
  {
    what: 'a negative id',
    x: [[-1, 2, 3, 4, 5], ...x.slice(1)],
    kind: ValueError,
    message: /the id -1 at position 0/,
  },
  {
    what: 'a broken id',
    x: [[1.5, 2, 3, 4, 5], ...x.slice(1)],
    kind: ValueError,
    message: /the id 1\.5 .*[\s\S]*whole/,
  },
  {
    what: 'ids without a time axis',
    x: [1, 2, 3, 4],
    kind: ShapeError,
    message: /LSTM "lstm": needs \[batch, time, .*\], got \[batch, 4\][\s\S]*Hint/,
  },
  {
    what: 'NaN labels',
    y: [0, Number.NaN, 1, 0],
    kind: NonFiniteError,
    message: /binaryCrossentropy got the target NaN at position \d of \[4, 1\][\s\S]*Hint/,
  },
  {
    what: 'labels of −1 and 1',
    y: [-1, 1, 1, -1],
    kind: ValueError,
    message: /target in 0 … 1, got -1 at position \d/,
  },
  {
    what: 'labels of the wrong rank',
    y: y.map(label => [[label]]),
    kind: ShapeError,
    message: /targets \[4, 1, 1\] for predictions \[4, 1\][\s\S]*Hint/,
  },
  {
    what: 'two labels for one output',
    y: y.map(label => [label, label]),
    kind: ShapeError,
    message: /targets \[4, 2\] for predictions \[4, 1\]/,
  },
  {
    what: 'fewer labels than examples',
    y: [0, 1],
    kind: ShapeError,
    message: /one target per example, got 4 examples \[4, 5\] and 2 targets \[2\]/,
  },
  { what: 'no examples', x: [], y: [], kind: ValueError, message: /at least one example, got none/ },
  { what: 'a single number', x: 3, kind: ShapeError, message: /needs x with examples along the first axis/ },
  {
    what: 'ragged rows',
    x: [[1, 2], [3]],
    y: [0, 1],
    kind: ShapeError,
    message: /rows of equal length.*2 .*1[\s\S]*padSequences/,
  },
  {
    what: 'text as data',
    x: ['good', 'bad'] as never,
    y: [0, 1],
    kind: DTypeError,
    message: /numbers and booleans, got string/,
  },
  { what: 'null as data', x: null as never, kind: DTypeError, message: /got null/ },
  {
    what: 'data that does not fill its shape',
    x: { data: new Int32Array(7), shape: [4, 5] },
    kind: ShapeError,
    message: /7 numbers for the shape \[4, 5\] \(20\)/,
  },
  {
    what: 'a label that is no class',
    make: classes,
    x: points,
    y: [0, 1, 3, 2],
    kind: ValueError,
    message: /the label 3 at position \d, but there are 3 classes \(0 … 2\)[\s\S]*units/,
  },
  {
    what: 'NaN as class',
    make: classes,
    x: points,
    y: [0, 1, Number.NaN, 2],
    kind: NonFiniteError,
    message: /the label NaN at position \d/,
  },
  {
    what: 'one-hot targets for class numbers',
    make: classes,
    x: points,
    y: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ],
    kind: ShapeError,
    message: /\[4\] for predictions \[4, 3\], got \[4, 3\][\s\S]*categoricalCrossentropy/,
  },
  {
    what: 'NaN in the examples',
    make: classes,
    x: [[1, Number.NaN], ...points.slice(1)],
    y: [0, 1, 2, 0],
    kind: NonFiniteError,
    message: /fit of "sequential" got the loss NaN .*parameters are those before[\s\S]*Hint/,
    onlyFit: true,
  },
  {
    what: 'half a batch size',
    options: { batchSize: 0.5 },
    kind: ValueError,
    message: /batchSize .*got 0\.5/,
  },
  {
    what: 'negative epochs',
    options: { epochs: -1 },
    kind: ValueError,
    message: /epochs .*got -1/,
    onlyFit: true,
  },
  {
    what: 'a validation split of everything',
    options: { validationSplit: 1 },
    kind: ValueError,
    message: /validationSplit < 1, got 1/,
    onlyFit: true,
  },
  {
    what: 'a validation split that leaves nothing',
    options: { validationSplit: 0.9 },
    kind: ValueError,
    message: /no training examples left: 4 with validationSplit 0\.9/,
    onlyFit: true,
  },
  {
    what: 'validation data without targets',
    options: { validationData: [x] as never },
    kind: ValueError,
    message: /validationData as \[x, y\]/,
    onlyFit: true,
  },
  {
    what: 'bad labels in the validation data',
    options: { validationData: [x, [0, 1, 1]] },
    kind: ShapeError,
    message: /fit validationData needs one target per example, got 4 examples .* and 3 targets/,
    onlyFit: true,
  },
  {
    what: 'a misspelt option',
    options: { epoch: 5 } as never,
    kind: ValueError,
    message: /has no option "epoch"[\s\S]*(did you mean 'epochs'|'batchSize')/,
  },
]

describe.each(devices)('bad input on %s', device => {
  useDevice(device)

  it.each(table)(
    '$what: a typed error with both sides, and the next fit works as if nothing had happened',
    async bad => {
      const { make = text, options = {}, kind, message } = bad

      const goodX = make === text ? x : points
      const goodY = make === text ? y : [0, 1, 2, 0]
      const { x: badX = goodX, y: badY = goodY } = bad
      const train = async (model: Sequential): Promise<number[]> => {
        manualSeed(7)
        await model.fit(goodX, goodY, { epochs: 2, batchSize: 2, verbose: false })
        return model.parameters().flatMap(parameter => [...parameter.data()])
      }
      // Once on a model that is not built yet: a bad first batch must not fix its sizes.
      const fresh = make()
      const first = await rejection(fresh.fit(badX, badY, { shuffle: false, verbose: false, ...options }))
      expect(first).toBeInstanceOf(kind)
      expect(first.message).toMatch(message)
      expect(first.message).not.toMatch(/internal|undefined undefined|\[object/)
      expect((await fresh.fit(goodX, goodY, { verbose: false })).history.loss[0]).toBeGreaterThan(0)

      // Once in the middle of training: parameters, optimizer and gradients stay as they were.
      const [model, twin] = [make(), make()]
      for (const each of [model, twin]) each.loadStateDict(twinState(make))
      await train(model)
      await train(twin)
      await rejection(
        model.fit(badX, badY, {
          shuffle: false,
          batchSize: 4,
          verbose: false,
          ...options,
        }),
      )
      expect(model.parameters().every(parameter => parameter.grad === null)).toBe(true)
      if (bad.onlyFit !== true) {
        const { batchSize, ...others } = options
        const given = batchSize === undefined ? others : { batchSize }
        expect(await rejection(model.evaluate(badX, badY, given))).toBeInstanceOf(kind)
      }
      expect(await train(model)).toEqual(await train(twin))
    },
  )

  /** Weights of a model that has met its data once. */
  function twinState(make: () => Sequential): ReturnType<Sequential['stateDict']> {
    const model = make()
    model.predict(make === text ? x : points)
    return model.stateDict()
  }

  const compilations: [string, object, RegExp][] = [
    [
      'an unknown loss',
      { optimizer: 'adam', loss: 'binary_crossentropy' },
      /'binary_crossentropy' is not known[\s\S]*did you mean 'binaryCrossentropy'/,
    ],
    [
      'an unknown optimizer',
      { optimizer: 'adamm', loss: 'meanSquaredError' },
      /'adamm' is not known[\s\S]*did you mean 'adam'/,
    ],
    [
      'an unknown metric',
      { optimizer: 'adam', loss: 'meanSquaredError', metrics: ['acuracy'] },
      /'acuracy' is not known[\s\S]*did you mean 'accuracy'/,
    ],
    [
      'metrics that are no list',
      { optimizer: 'adam', loss: 'meanSquaredError', metrics: 'accuracy' },
      /list of metrics, got string/,
    ],
    ['no loss', { optimizer: 'adam' }, /must be a name or a function .* got undefined/],
    ['no optimizer', { loss: 'meanSquaredError' }, /must be a name, .*got undefined/],
    [
      'a misspelt option',
      { optimizer: 'adam', los: 'meanSquaredError' },
      /no option "los"[\s\S]*did you mean 'loss'/,
    ],
    ['nothing', undefined as never, /compile takes an object of options, got undefined/],
  ]
  it.each(compilations)(
    'compile refuses %s, and keeps what was compiled before',
    async (_, options, message) => {
      const model = text()
      const error = errorOf(() => model.compile(options as never))
      expect(error).toBeInstanceOf(ValueError)
      expect(error.message).toMatch(message)
      await model.fit(x, y, { verbose: false })
    },
  )

  it('a loss of the user that gives no number per batch, or no tensor, is named', async () => {
    const model = classes()
    const target = [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1]] // biome-ignore format: a table
    const perRow = (p: ReturnType<typeof tensor>, t: ReturnType<typeof tensor>) =>
      p.sub(t).square().mean({ axis: 1 })
    model.compile({ optimizer: 'adam', loss: perRow })
    const shape = await rejection(model.fit(points, target, { verbose: false }))
    expect(shape).toBeInstanceOf(ShapeError)
    expect(shape.message).toMatch(
      /loss 'perRow' must give one number for a batch, got the shape \[4\][\s\S]*mean/,
    )
    model.compile({ optimizer: 'adam', loss: (() => 3) as never })
    await expect(model.fit(points, target, { verbose: false })).rejects.toThrow(
      /must return a tensor, got number/,
    )
  })

  it('nothing works before compile, and building is explained', async () => {
    const model = sequential(dense({ units: 1 }))
    expect(await rejection(model.fit([[1]], [1]))).toBeInstanceOf(BuildError)
    expect(errorOf(() => model.parameters())).toBeInstanceOf(BuildError)
  })
})
