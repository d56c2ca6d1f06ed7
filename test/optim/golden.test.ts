import { describe, expect, it } from 'vitest'
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  clipGradNorm,
  clipGradValue,
  meanSquaredError,
  NAdam,
  type Optimizer,
  type ParameterSource,
  RMSprop,
  SGD,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { compareTensor } from '../../tools/conform/compare.ts'
import type { Values } from '../../tools/conform/decode.ts'
import { type GoldenCase, goldenCases, toTensor, toValues } from '../losses/golden-cases.ts'
import { devices, useDevice } from '../setup/devices.ts'

interface GoldenAttributes {
  readonly lr: number
  readonly momentum: number
  readonly dampening: number
  readonly nesterov: boolean
  readonly weight_decay: number
  readonly betas: readonly [number, number]
  readonly eps: number
  readonly amsgrad: boolean
  readonly alpha: number
  readonly centered: boolean
  readonly rho: number
  readonly lr_decay: number
  readonly initial_accumulator_value: number
  readonly momentum_decay: number
}

function create({ op, attrs }: GoldenCase, parameters: ParameterSource): Optimizer {
  const options = attrs as Readonly<Record<string, unknown>> & GoldenAttributes
  const { momentum, betas, eps: epsilon, amsgrad } = options
  const common = { learningRate: options.lr, weightDecay: options.weight_decay }
  if (op === 'sgd') {
    const { dampening, nesterov } = options
    return new SGD(parameters, { ...common, momentum, dampening, nesterov })
  }
  if (op === 'rmsprop') {
    const { alpha: rho, centered } = options
    return new RMSprop(parameters, { ...common, momentum, rho, epsilon, centered })
  }
  if (op === 'adagrad') {
    const { lr_decay: decay, initial_accumulator_value: initialAccumulator } = options
    return new Adagrad(parameters, { ...common, epsilon, decay, initialAccumulator })
  }
  if (op === 'adadelta') return new Adadelta(parameters, { ...common, epsilon, rho: options.rho })
  const [beta1, beta2] = betas
  const ofAdam = { ...common, beta1, beta2, epsilon }
  if (op === 'adamax') return new Adamax(parameters, ofAdam)
  if (op === 'nadam') {
    // The files were recorded by PyTorch 1.13.
    return new NAdam(parameters, {
      ...ofAdam,
      momentumDecay: options.momentum_decay,
      legacyProduct: true,
    })
  }
  return op === 'adam'
    ? new Adam(parameters, { ...ofAdam, amsgrad })
    : new AdamW(parameters, { ...ofAdam, amsgrad })
}

/** Entry t of a trajectory [20, ...]. */
function entry(values: Values | undefined, t: number): Values {
  if (values === undefined) throw new Error('the case lacks a trajectory')
  const shape = values.shape.slice(1)
  const size = shape.reduce((a, b) => a * b, 1)
  return { dtype: values.dtype, shape, data: values.data.slice(t * size, (t + 1) * size) }
}

/**
 * The files' own tolerances for optimizers are as large as the parameters (up to 99,500), so they would pass an
 * optimizer that does nothing. float32 comes this close to the float64 trajectories.
 */
const CLOSE = 1e-6

function check({ atol, kind }: GoldenCase, name: string, got: Tensor, want: Values): string[] {
  const absolute = kind === 'clip' ? (atol?.[name] ?? 0) : CLOSE
  return [...compareTensor(name, toValues(got), want, { kind: 'tolerance', absolute }).problems]
}

const cases = goldenCases('optimizers', [
  'sgd',
  'adam',
  'adamw',
  'rmsprop',
  'adagrad',
  'adadelta',
  'adamax',
  'nadam',
])
const STEPS = 20

describe.each(devices)('golden optimizers on %s', device => {
  useDevice(device)

  it('are all there', () => expect(cases.length).toBe(40))

  it.each(cases.filter(({ kind }) => kind === 'optimizer_given'))('$name', golden => {
    const parameters = new Map([...golden.inputs].map(([name, values]) => [name, toTensor(values, true)]))
    const optimizer = create(golden, parameters)
    const problems: string[] = []
    for (let t = 0; t < STEPS; t++) {
      for (const [name, parameter] of parameters)
        parameter.gradient = toTensor(entry(golden.givenGrads.get(name), t))
      optimizer.step()
      optimizer.zeroGrad()
      for (const [name, parameter] of parameters)
        problems.push(...check(golden, name, parameter, entry(golden.outputs.get(name), t)))
    }
    expect(problems).toEqual([])
  })

  it.each(cases.filter(({ kind }) => kind === 'optimizer_problem'))('$name', golden => {
    const [X, y, w, c] = ['X', 'y', 'w', 'c'].map(name => {
      const values = golden.inputs.get(name)
      if (values === undefined) throw new Error(`no ${name}`)
      return toTensor(values, name === 'w' || name === 'c')
    })
    const optimizer = create(golden, [w, c])
    const problems: string[] = []
    for (let t = 0; t < STEPS; t++) {
      const loss = meanSquaredError(X.matmul(w).add(c), y)
      problems.push(...check(golden, 'loss', loss, entry(golden.outputs.get('loss'), t)))
      loss.backward()
      optimizer.step()
      optimizer.zeroGrad()
      problems.push(...check(golden, 'w', w, entry(golden.outputs.get('w'), t)))
      problems.push(...check(golden, 'c', c, entry(golden.outputs.get('c'), t)))
    }
    expect(problems).toEqual([])
  })
})

const clipCases = goldenCases('clipping', ['clip_grad_norm', 'clip_grad_value'])

describe.each(devices)('golden clipping on %s', device => {
  useDevice(device)

  it('is all there', () => expect(clipCases.length).toBe(4))

  it.each(clipCases)('$name', golden => {
    const parameters = [...golden.inputs].map(([name, values]) => {
      const parameter = toTensor(values, true)
      parameter.gradient = toTensor(values)
      return { name, parameter }
    })
    const tensors = parameters.map(({ parameter }) => parameter)
    const got = new Map<string, Tensor>()
    if (golden.op === 'clip_grad_value') clipGradValue(tensors, { value: golden.attrs.value as number })
    else {
      const normType =
        golden.attrs.norm_type === 'inf' ? Number.POSITIVE_INFINITY : Number(golden.attrs.norm_type)
      got.set(
        'total_norm',
        tensor(clipGradNorm(tensors, { maxNorm: golden.attrs.max_norm as number, normType })),
      )
    }
    for (const { name, parameter } of parameters) if (parameter.grad !== null) got.set(name, parameter.grad)
    const problems = [...golden.outputs].flatMap(([name, want]) => {
      const value = got.get(name)
      return value === undefined ? [`${name} is missing`] : check(golden, name, value, want)
    })
    expect(problems).toEqual([])
  })
})
