import { describe, expect, it } from 'vitest'
import {
  type Constraint,
  constrain,
  conv1d,
  dense,
  embedding,
  gru,
  layerNormalization,
  lstm,
  manualSeed,
  ones,
  penaltyOf,
  prelu,
  type Regularizer,
  separableConv2d,
  sequential,
  serializeModel,
  deserializeModel,
  simpleRNN,
  type Tensor,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, normal } from '../setup/numbers.ts'

const l1l2 = ({ l1 = 0, l2 = 0 }: Regularizer, weights: Tensor): number =>
  weights.data().reduce((sum, w) => sum + l1 * Math.abs(w) + l2 * w * w, 0)

describe.each(devices)('regularizers on %s', device => {
  useDevice(device)

  it('add their penalties to the loss of fit and evaluate', async () => {
    manualSeed(1)
    const kernelRegularizer = { l1: 0.1, l2: 0.3 }
    const layer = dense({
      units: 2,
      inputSize: 3,
      kernelRegularizer,
      biasRegularizer: { l2: 1 },
      biasInitializer: 'ones',
    })
    const model = sequential(layer)
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const [x, y] = [normal([4, 3], 1), normal([4, 2], 2)]
    const plain = layer.forward(x).sub(y).square().mean().item()
    const wanted = plain + l1l2(kernelRegularizer, layer.kernel) + 2
    expect((await model.evaluate(x, y)).loss).toBeCloseTo(wanted, 5)
    const { history } = await model.fit(x, y, { verbose: false })
    expect(history.loss[0]).toBeCloseTo(wanted, 5)
  })

  it('pull weights towards 0 by their gradient', () => {
    const layer = dense({ units: 1, inputSize: 2, kernelRegularizer: { l1: 0.5, l2: 0.25 } })
    penaltyOf(layer)?.backward()
    const weights = layer.kernel.data()
    expectClose(
      layer.kernel.grad as Tensor,
      weights.map(w => 0.5 * Math.sign(w) + 0.5 * w),
    )
  })

  it('leave frozen weights out', () => {
    const layer = dense({ units: 1, inputSize: 2, kernelRegularizer: { l2: 1 } })
    layer.trainable = false
    expect(penaltyOf(layer)).toBeNull()
  })

  it('reach the parameters of every kind of layer', () => {
    const rule = { l2: 1 }
    const layers = [
      lstm({ units: 2, inputSize: 2, recurrentRegularizer: rule }),
      gru({ units: 2, inputSize: 2, recurrentRegularizer: rule }),
      simpleRNN({ units: 2, inputSize: 2, kernelRegularizer: rule }),
      conv1d({ filters: 2, kernelSize: 2, inputSize: 2, kernelRegularizer: rule }),
      separableConv2d({ filters: 2, kernelSize: 2, inputSize: 2, pointwiseRegularizer: rule }),
      embedding({ inputDim: 3, outputDim: 2, embeddingsRegularizer: rule }),
      layerNormalization({ inputSize: 2, gammaRegularizer: rule }),
      prelu({ alphaInitializer: 'ones', alphaRegularizer: rule }),
    ]
    layers[7].forward(ones([1, 2]))
    for (const layer of layers) expect(penaltyOf(layer)?.item()).toBeGreaterThan(0)
  })
})

describe.each(devices)('constraints on %s', device => {
  useDevice(device)

  it.each<[Constraint, (column: number[]) => number[]]>([
    ['nonNeg', column => column.map(w => Math.max(0, w))],
    [{ name: 'unitNorm' }, column => column.map(w => w / Math.hypot(...column))],
    [
      { name: 'maxNorm', maxValue: 0.5 },
      column => column.map(w => w * Math.min(1, 0.5 / Math.hypot(...column))),
    ],
    [
      { name: 'minMaxNorm', minValue: 5, maxValue: 6, rate: 0.5 },
      column => column.map(w => (w / Math.hypot(...column)) * (2.5 + Math.hypot(...column) / 2)),
    ],
  ])('%o bring each column of a kernel back', (kernelConstraint, wanted) => {
    manualSeed(2)
    const layer = dense({
      units: 3,
      inputSize: 4,
      kernelInitializer: { name: 'randomNormal', deviation: 1 },
      kernelConstraint,
    })
    const before = layer.kernel.data()
    constrain(layer)
    const columns = [0, 1, 2].map(c => wanted([0, 1, 2, 3].map(r => before[3 * r + c])))
    expectClose(
      layer.kernel,
      [0, 1, 2, 3].flatMap(r => columns.map(column => column[r])),
      1e-5,
    )
  })

  it('hold after each step of fit', async () => {
    const model = sequential(dense({ units: 2, inputSize: 3, kernelConstraint: { name: 'unitNorm' } }))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await model.fit(normal([8, 3], 1), zeros([8, 2]), { verbose: false, batchSize: 4 })
    expectClose(model.parameters()[0].square().sum({ axis: 0 }), [1, 1], 1e-5)
  })
})

describe('rules that are none', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'a regularizer',
      () => dense({ units: 1, kernelRegularizer: { l3: 1 } as never }),
      /Dense kernelRegularizer has no option "l3"/,
    ],
    ['a factor', () => dense({ units: 1, kernelRegularizer: { l1: -1 } }), /finite l1 ≥ 0, got -1/],
    [
      'a constraint',
      () => dense({ units: 1, kernelConstraint: 'maxnorm' as never }),
      /has no constraint "maxnorm".*\n.*did you mean 'maxNorm'/,
    ],
    [
      'an option of a constraint',
      () => dense({ units: 1, kernelConstraint: { name: 'maxNorm', max: 1 } as never }),
      /no option "max" for maxNorm/,
    ],
    [
      'a number of a constraint',
      () => dense({ units: 1, kernelConstraint: { name: 'maxNorm', maxValue: Number.NaN } }),
      /maxValue to be a finite number/,
    ],
    [
      'an initializer',
      () => dense({ units: 1, kernelInitializer: { name: 'constnat', value: 1 } as never }),
      /did you mean 'constant'/,
    ],
    [
      'an option of an initializer',
      () => dense({ units: 1, kernelInitializer: { name: 'constant', vlaue: 1 } as never }),
      /no option "vlaue"/,
    ],
    [
      'a mode of an initializer',
      () => dense({ units: 1, kernelInitializer: { name: 'varianceScaling', mode: 'in' as never } }),
      /fanIn, fanOut, fanAvg/,
    ],
    [
      'a constant without value',
      () => dense({ units: 1, kernelInitializer: { name: 'constant' } as never }),
      /value of constant/,
    ],
  ])('are refused when the layer is made: %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})

describe('initializers with numbers', () => {
  const filled = (kernelInitializer: Parameters<typeof dense>[0]['kernelInitializer'], size = 200) => {
    manualSeed(3)
    return [...dense({ units: size, inputSize: 50, kernelInitializer }).kernel.data()]
  }
  const deviation = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length)

  it('fill as their names say', () => {
    expect(new Set(filled({ name: 'constant', value: 0.25 }))).toEqual(new Set([0.25]))
    expect(Math.max(...filled({ name: 'randomUniform', low: 1, high: 2 }))).toBeLessThanOrEqual(2)
    expect(Math.min(...filled({ name: 'randomUniform', low: 1, high: 2 }))).toBeGreaterThanOrEqual(1)
    expect(deviation(filled({ name: 'randomNormal', deviation: 3 }))).toBeCloseTo(3, 0)
    expect(Math.max(...filled({ name: 'truncatedNormal', deviation: 1 }))).toBeLessThan(2)
    expect(filled({ name: 'identity', gain: 2 }).filter(v => v === 2)).toHaveLength(50)
    expect(deviation(filled({ name: 'varianceScaling', scale: 2, mode: 'fanIn' }))).toBeCloseTo(
      Math.sqrt(2 / 50),
      2,
    )
    expect(
      deviation(filled({ name: 'varianceScaling', mode: 'fanOut', distribution: 'uniform' })),
    ).toBeCloseTo(Math.sqrt(1 / 200), 2)
    expect(
      deviation(filled({ name: 'varianceScaling', mode: 'fanAvg', distribution: 'normal' })),
    ).toBeCloseTo(Math.sqrt(1 / 125), 2)
    const orthogonal = filled({ name: 'orthogonal', gain: 3 })
    expect(Math.hypot(...orthogonal.slice(0, 200))).toBeCloseTo(3, 4)
  })

  it('and rules are saved', () => {
    const model = sequential(
      dense({
        units: 2,
        inputSize: 3,
        kernelInitializer: { name: 'constant', value: 1 },
        kernelRegularizer: { l2: 0.1 },
        kernelConstraint: { name: 'maxNorm', axis: [0] },
      }),
    )
    const { model: again } = deserializeModel(serializeModel(model))
    expect(penaltyOf(again)?.item()).toBeCloseTo(0.6, 5)
    expect(serializeModel(again)).toEqual(serializeModel(model))
  })
})
