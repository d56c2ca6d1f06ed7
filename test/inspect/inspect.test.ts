import { describe, expect, it } from 'vitest'
import { distributionOf, sparkline } from '../../src/inspect/distribution.ts'
import * as inspect from '../../src/inspect/index.ts'
import { BuildError } from '../../src/errors.ts'
import { dense, embedding, lstm, manualSeed, sequential, tensor } from '../../src/index.ts'

describe('distributionOf', () => {
  it('describes numbers', () => {
    const { mean, deviation, minimum, maximum, norm, zeros, histogram } = distributionOf([0, 0, 3, 5], 5)
    expect([mean, minimum, maximum, zeros]).toEqual([2, 0, 5, 0.5])
    expect(deviation).toBeCloseTo(Math.sqrt(4.5), 12)
    expect(norm).toBeCloseTo(Math.sqrt(34), 12)
    expect(histogram).toEqual({ edges: [0, 1, 2, 3, 4, 5], counts: [2, 0, 0, 1, 1] })
    expect(sparkline(histogram)).toBe('█  ▄▄')
  })

  it('leaves out and counts what is not finite', () => {
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY]
    expect(distributionOf(values)).toMatchObject({ mean: 1, nonFinite: 2, count: 3, maximum: 1 })
    expect(distributionOf([Number.NaN]).mean).toBeNaN()
    expect(distributionOf([])).toMatchObject({ count: 0, zeros: 0, nonFinite: 0 })
  })
})

const x = [
  [1, 2],
  [3, -4],
  [-5, 6],
]

describe('inspect.activations', () => {
  it('describes what each layer gives, with its path', () => {
    manualSeed(1)
    const inner = sequential(dense({ units: 3, activation: 'relu', name: 'hidden' }))
    const model = sequential(inner, dense({ units: 1 }))
    const { rows } = inspect.activations(model, x)
    expect(rows.map(({ path, shape }) => [path, shape])).toEqual([
      ['Sequential "sequential" → Sequential "sequential" → Dense "hidden"', [3, 3]],
      ['Sequential "sequential" → Dense "dense"', [3, 1]],
    ])
    const output = model.predict(x).data()
    expect(rows[1].maximum).toBe(Math.max(...output))
    expect(rows[0].minimum).toBeGreaterThanOrEqual(0)
  })

  it('finds dead units, but not from a single example', () => {
    const model = sequential(dense({ units: 2, activation: 'relu', inputSize: 2 }))
    model.loadStateDict(
      new Map([
        [
          'dense.kernel',
          tensor([
            [1, 0],
            [0, 0],
          ]),
        ],
        ['dense.bias', tensor([0, -1])],
      ]),
    )
    expect(inspect.activations(model, x).rows[0].deadUnits).toEqual([1])
    expect(inspect.activations(model, [[1, 2]]).rows[0].deadUnits).toEqual([])
    expect(String(inspect.activations(model, x))).toMatch(/Dense "dense".*\[3, 2\].*1 of 2/)
  })

  it('shows NaN, and puts the mode back', () => {
    const model = sequential(dense({ units: 1, inputSize: 1 }))
    model.loadStateDict(
      new Map([
        ['dense.kernel', tensor([[Number.NaN]])],
        ['dense.bias', tensor([0])],
      ]),
    )
    model.train()
    const report = inspect.activations(model, [[1], [2]])
    expect(report.rows[0].nonFinite).toBe(2)
    expect(String(report)).toContain('2 not finite')
    expect(model.training).toBe(true)
  })
})

describe('inspect.gradients', () => {
  const compiled = () => {
    manualSeed(1)
    const model = sequential(
      embedding({ inputDim: 5, outputDim: 3 }),
      lstm({ units: 4 }),
      dense({ units: 1, activation: 'sigmoid' }),
    )
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' })
    return model
  }
  const ids = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { dtype: 'int32' },
  )

  it('gives the gradients that training uses, without training', async () => {
    const model = compiled()
    model.predict(ids)
    const before = model.stateDict()
    const report = inspect.gradients(model, ids, [1, 0])
    for (const [name, value] of model.stateDict()) expect(value.data()).toEqual(before.get(name)?.data())
    expect(model.parameters().every(parameter => parameter.grad === null)).toBe(true)
    expect(report.rows.map(({ name }) => name)).toEqual([...model.namedParameters().keys()])
    expect(report.loss).toBeCloseTo((await model.evaluate(ids, [1, 0])).loss, 6)

    await model.fit(ids, [1, 0], { batchSize: 2, shuffle: false, verbose: false })
    const after = model.stateDict()
    for (const { name, norm } of report.rows) {
      const moved = after.get(name)?.data() ?? []
      const old = before.get(name)?.data() ?? []
      const step = Math.hypot(...Array.from(moved, (value, i) => value - old[i]))
      expect(step).toBeCloseTo(0.01 * norm, 4)
    }
    expect(report.globalNorm).toBeCloseTo(Math.hypot(...report.rows.map(({ norm }) => norm)), 10)
    expect(String(report)).toMatch(/lstm\.kernel.*\nlstm\.recurrentKernel/)
  })

  it('leaves gradients that wait for a step', () => {
    const model = compiled()
    model.forward(ids).sum().backward()
    const waiting = model.parameters().map(parameter => parameter.grad?.data())
    inspect.gradients(model, ids, [1, 0])
    expect(model.parameters().map(parameter => parameter.grad?.data())).toEqual(waiting)
    expect(waiting.every(gradient => gradient !== undefined)).toBe(true)
  })

  it('needs a compiled model', () => {
    expect(() => inspect.gradients(sequential(dense({ units: 1 })), x, [1, 2, 3])).toThrow(BuildError)
  })
})
