import { describe, expect, it } from 'vitest'
import {
  dense,
  detectAnomaly,
  lstm,
  NonFiniteError,
  scaledDotProductAttention,
  sequential,
  type Tensor,
  tensor,
  where,
  zeros,
} from '../../src/index.ts'
import { inspection } from '../../src/autodiff/inspection.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf, rejection } from '../setup/errors.ts'
import { leaf, normal } from '../setup/numbers.ts'

/** The line number that an error names in this file, first. */
const lineOf = (error: Error): number => Number(/anomaly\.test\.ts:(\d+)/.exec(error.message)?.[1])

/** The line after the one that calls this. */
const nextLine = (): number =>
  Number(/anomaly\.test\.ts:(\d+)/.exec((new Error().stack ?? '').split('\n')[2])?.[1]) + 1

describe.each(devices)('detectAnomaly on %s', device => {
  useDevice(device)

  it('names the first operation that gives a NaN, and its line', () => {
    const line = nextLine()
    const error = errorOf(() => detectAnomaly(() => tensor([1, -1]).sqrt().mul(2).sum()))
    expect(error).toBeInstanceOf(NonFiniteError)
    expect(error.message).toContain('sqrt gave NaN at [1] of [2]; input 0 [2] is in -1 … 1.')
    expect(lineOf(error)).toBe(line)
  })

  it('names the first infinity', () => {
    expect(errorOf(() => detectAnomaly(() => tensor([[0], [1]]).log())).message).toContain(
      'log gave -Infinity at [0, 0] of [2, 1]',
    )
  })

  it('says where a NaN was there before', () => {
    const error = errorOf(() => detectAnomaly(() => tensor([1, Number.NaN]).mul(2)))
    expect(error.message).toContain('mul gave NaN at [1] of [2]; input 0 holds NaN at [1] of [2] already')
  })

  it('names the operation whose gradient is bad, with the line where it ran', () => {
    const x = leaf(tensor([0, 4]))
    const line = nextLine()
    const root = (a: Tensor): Tensor => a.sqrt()
    const error = errorOf(() => detectAnomaly(() => root(x).sum().backward()))
    expect(error.message).toContain(
      'backward of sqrt gave Infinity at [0] of [2] as the gradient of input 0; incoming gradient 0 [2] is in 1 … 1.',
    )
    expect(lineOf(error)).toBe(line)
  })

  it('finds the NaN behind a where', () => {
    const x = leaf(tensor([0, 4]))
    const guarded = (a: Tensor): Tensor => where(a.greater(0), a.sqrt(), 0).sum()
    guarded(x).backward()
    expect(x.grad?.data()[0]).toBeNaN()
    expect(errorOf(() => detectAnomaly(() => guarded(x).backward())).message).toContain(
      'backward of sqrt gave NaN',
    )
  })

  it('names the layer, and not its own lines', () => {
    const model = sequential(lstm({ units: 2, inputSize: 1 }), dense({ units: 1, name: 'head' }))
    model.build([2, 1])
    model.parameters()[3].assign(tensor([[Number.NaN], [0]]))
    const error = errorOf(() => detectAnomaly(() => model.forward(normal([1, 2, 1]))))
    expect(error.message).toMatch(/Dense "head": \w+ gave NaN/)
    expect(error.message).not.toContain('src/nn')
  })

  it('lets masks of −∞ and finite numbers through', () => {
    const mask = tensor([
      [0, Number.NEGATIVE_INFINITY],
      [0, 0],
    ])
    const q = leaf(normal([1, 2, 2]))
    detectAnomaly(() => scaledDotProductAttention(q, q, q, { mask }).sum().backward())
    expect(q.grad?.data().every(Number.isFinite)).toBe(true)
    const x = leaf(tensor([1, 2]))
    detectAnomaly(() =>
      x
        .add(tensor([Number.NEGATIVE_INFINITY, 0]))
        .softmax()
        .sum()
        .backward(),
    )
    expect(x.grad?.data().every(Number.isFinite)).toBe(true)
  })

  it('tells a graph from outside', () => {
    const y = leaf(zeros([1]))
      .sqrt()
      .sum()
    expect(errorOf(() => detectAnomaly(() => y.backward())).message).toContain('ran outside detectAnomaly')
  })
})

describe('detectAnomaly', () => {
  it('ends with its function, also after an error', () => {
    errorOf(() => detectAnomaly(() => tensor([-1]).sqrt()))
    expect(inspection.inspector).toBeNull()
    expect(tensor([-1]).sqrt().item()).toBeNaN()
    expect(detectAnomaly(() => 5)).toBe(5)
  })

  it('lasts until a promise is settled', async () => {
    const running = detectAnomaly(async () => {
      await Promise.resolve()
      return tensor([-1]).log()
    })
    expect((await rejection(running)).message).toContain('log gave NaN')
    expect(inspection.inspector).toBeNull()
  })

  it('finds the batch that breaks a training', async () => {
    const model = sequential(dense({ units: 1, inputSize: 1 }))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const x = tensor([[1], [Number.POSITIVE_INFINITY]])
    const error = await rejection(
      detectAnomaly(() => model.fit(x, tensor([[1], [0]]), { epochs: 1, batchSize: 2 })),
    )
    expect(error).toBeInstanceOf(NonFiniteError)
  })
})
