import { describe, expect, it } from 'vitest'
import {
  binaryCrossentropy,
  hinge,
  huber,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  type Reduction,
  sparseCategoricalCrossentropy,
  categoricalCrossentropy,
  smoothL1,
  squaredHinge,
  type Tensor,
} from '../../src/index.ts'
import { compareTensor, type Rule } from '../../tools/conform/compare.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { type GoldenCase, goldenCases, toTensor, toValues } from './golden-cases.ts'

type Inputs = ReadonlyMap<string, Tensor>

function required<V>(map: ReadonlyMap<string, V>, name: string): V {
  const value = map.get(name)
  if (value === undefined) throw new Error(`the case has no "${name}"`)
  return value
}

function crossEntropy({ attrs }: GoldenCase, inputs: Inputs): Tensor {
  const target = required(inputs, 'target')
  const options = {
    fromLogits: true,
    reduction: attrs.reduction as Reduction,
    weight: inputs.get('weight'),
    labelSmoothing: attrs.label_smoothing as number | undefined,
    axis: attrs.class_axis as number | undefined,
  }
  const input = required(inputs, 'input')
  if (target.dtype === 'float32') return categoricalCrossentropy(input, target, options)
  const ignoreIndex = attrs.ignore_index as number | undefined
  return sparseCategoricalCrossentropy(input, target, { ...options, ignoreIndex })
}

const reductionOf = ({ attrs }: GoldenCase): { reduction: Reduction } => ({
  reduction: attrs.reduction as Reduction,
})

const runners: Readonly<Record<string, (golden: GoldenCase, inputs: Inputs) => Tensor>> = {
  mse: (golden, inputs) =>
    meanSquaredError(required(inputs, 'input'), required(inputs, 'target'), reductionOf(golden)),
  l1: (golden, inputs) =>
    meanAbsoluteError(required(inputs, 'input'), required(inputs, 'target'), reductionOf(golden)),
  bce: (golden, inputs) =>
    binaryCrossentropy(required(inputs, 'input'), required(inputs, 'target'), {
      ...reductionOf(golden),
      weight: inputs.get('weight'),
    }),
  bce_with_logits: (golden, inputs) =>
    binaryCrossentropy(required(inputs, 'input'), required(inputs, 'target'), {
      ...reductionOf(golden),
      fromLogits: true,
      weight: inputs.get('weight'),
      positiveWeight: inputs.get('pos_weight'),
    }),
  nll: (golden, inputs) =>
    negativeLogLikelihood(required(inputs, 'input'), required(inputs, 'target'), reductionOf(golden)),
  cross_entropy: crossEntropy,
  huber: (golden, inputs) =>
    huber(required(inputs, 'input'), required(inputs, 'target'), {
      ...reductionOf(golden),
      delta: golden.attrs.delta as number,
    }),
  smooth_l1: (golden, inputs) =>
    smoothL1(required(inputs, 'input'), required(inputs, 'target'), {
      ...reductionOf(golden),
      beta: golden.attrs.beta as number,
    }),
  hinge: (golden, inputs) =>
    hinge(required(inputs, 'input'), required(inputs, 'target'), reductionOf(golden)),
  squared_hinge: (golden, inputs) =>
    squaredHinge(required(inputs, 'input'), required(inputs, 'target'), reductionOf(golden)),
  kl_div: ({ attrs: { reduction } }, inputs) =>
    klDivergence(required(inputs, 'input'), required(inputs, 'target'), {
      logPrediction: true,
      axis: reduction === 'none' ? null : -1,
      reduction: reduction === 'batchmean' ? 'mean' : (reduction as Reduction),
    }),
}

const cases = [
  ...goldenCases('losses', Object.keys(runners)),
  ...goldenCases('extreme', Object.keys(runners)),
]

const ruleOf = ({ atol, compute }: GoldenCase, name: string): Rule =>
  compute === 'f32'
    ? { kind: 'extreme', signedZero: false }
    : { kind: 'tolerance', absolute: atol?.[name] ?? 0 }

describe.each(devices)('golden losses on %s', device => {
  useDevice(device)

  it('are all there', () => expect(cases.length).toBe(70))

  it.each(cases)('$name', golden => {
    const inputs = new Map(
      [...golden.inputs].map(([name, values]) => [name, toTensor(values, golden.grads.has(name))]),
    )
    const out = runners[golden.op](golden, inputs)
    out.backward(toTensor(required(golden.cotangents, 'out')))
    const problems = compareTensor(
      'out',
      toValues(out),
      required(golden.outputs, 'out'),
      ruleOf(golden, 'out'),
    ).problems
    const gradientProblems = [...golden.grads].flatMap(([name, want]) => {
      const { grad } = required(inputs, name)
      const got = grad === null ? undefined : toValues(grad)
      return compareTensor(`grad.${name}`, got, want, ruleOf(golden, `grad.${name}`)).problems
    })
    expect([...problems, ...gradientProblems]).toEqual([])
  })
})
