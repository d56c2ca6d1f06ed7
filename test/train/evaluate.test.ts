import { describe, expect, it } from 'vitest'
import {
  BuildError,
  dense,
  dropout,
  embedding,
  flatten,
  Layer,
  lstm,
  manualSeed,
  Model,
  Module,
  noGrad,
  Parameter,
  ones,
  type Sequential,
  sequential,
  type Shape,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'
import { line, quiet, regression, sentences, textClassifier } from './problems.ts'

describe.each(devices)('evaluate and predict on %s', device => {
  useDevice(device)

  it('weigh unequal batches by their size', async () => {
    const model = textClassifier()
    const { x, y } = sentences(11)
    const whole = await model.evaluate(x, y, { batchSize: 11 })
    const parts = await model.evaluate(x, y, { batchSize: 4 })
    expect(parts.loss).toBeCloseTo(whole.loss, 6)
    expect(parts.accuracy).toBe(whole.accuracy)
    expect((await model.evaluate(x, y, { batchSize: 999 })).loss).toBe(whole.loss)
  })

  it('weigh the numbers of a metric of the user, too', async () => {
    const model = regression()
    const meanTarget = (_: Tensor, y: Tensor): Tensor => y.mean()
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [meanTarget] })
    const logs = await model.evaluate(ones([3, 2]), [1, 2, 6], { batchSize: 2 })
    expect(logs.meanTarget).toBeCloseTo(3, 6)
  })

  it.each([1, 3, 7, 8, 32])('predict the same bits in batches of %i as in one', batchSize => {
    const model = textClassifier()
    const { x } = sentences(33)
    expect(model.predict(x, { batchSize }).data()).toEqual(model.predict(x, { batchSize: 33 }).data())
    const net = sequential(
      dense({ units: 17, activation: 'tanh' }),
      dense({ units: 3, activation: 'softmax' }),
    )
    const points = normal([33, 19])
    expect(net.predict(points, { batchSize }).data()).toEqual(net.predict(points, { batchSize: 33 }).data())
  })

  it('predict what forward gives in evaluation mode, and put the mode back', () => {
    const model = sequential(dense({ units: 4, inputSize: 3 }), dropout({ rate: 0.5 }))
    const x = normal([5, 3])
    const y = model.predict(x)
    expect(model.training).toBe(true)
    expect(y.data()).toEqual(noGrad(() => model.eval().forward(x)).data())
    expect(y.requiresGrad).toBe(false)
    expect(y.shape).toEqual([5, 4])
  })

  it('predict nothing for nothing, in the shape of the output', () => {
    expect(
      sequential(dense({ units: 4, inputSize: 3 })).predict(tensor([], { shape: [0, 3] })).shape,
    ).toEqual([0, 4])
  })

  it('keep the element type of what a model gives', () => {
    class Classify extends Model {
      forward(x: Tensor): Tensor {
        return x.argmax({ axis: 1 })
      }
    }
    const classes = new Classify().predict([[1, 2], [4, 3], [0, 1]], { batchSize: 2 }) // biome-ignore format: a matrix
    expect(classes.dtype).toBe('int32')
    expect(classes.toArray()).toEqual([1, 0, 1])
  })

  it('refuse a model that does not give one output per example', () => {
    class Sum extends Model {
      forward(x: Tensor): Tensor {
        return x.sum({ axis: 0 })
      }
    }
    expect(errorOf(() => new Sum().predict([[1, 2], [3, 4], [5, 6]])).message).toMatch(/got \[2\] where \[3\] was due/) // biome-ignore format: a matrix
  })

  it('need compile, and say so', async () => {
    const model = sequential(dense({ units: 1 }))
    for (const use of [model.fit([[1]], [1]), model.evaluate([[1]], [1])]) {
      await expect(use).rejects.toThrow(BuildError)
      await expect(use).rejects.toThrow(/"sequential" was not compiled[\s\S]*model\.compile\(/)
    }
  })

  describe('a cross-entropy after its activation', () => {
    const { x, y } = line(24)
    const labels = y.map(value => Number(value > 0))
    const weights = new Map([['dense.kernel', tensor([[3], [-2]])], ['dense.bias', tensor([0.5])]]) // biome-ignore format: data

    it('is the plain formula, computed from logits', async () => {
      const model = sequential(dense({ units: 1, activation: 'sigmoid', inputSize: 2 }))
      model.loadStateDict(weights)
      model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
      const p = [...model.predict(x).data()]
      const want = -labels.reduce((sum, t, i) => sum + Math.log(t === 1 ? p[i] : 1 - p[i]), 0) / p.length
      const { loss, accuracy } = await model.evaluate(x, labels)
      expect(loss).toBeCloseTo(want, 5)
      expect(accuracy).toBe(p.filter((value, i) => value > 0.5 === (labels[i] === 1)).length / p.length)
    })

    it('gives the metrics of the probabilities, whether it sees logits or not', async () => {
      const results = []
      for (const last of [
        dense({ units: 3, activation: 'softmax' }),
        sequential(dense({ units: 3, activation: 'softmax' })),
      ]) {
        manualSeed(2)
        const model = sequential(dense({ units: 4, activation: 'tanh' }), last)
        const seen: number[] = []
        const spy = (p: Tensor): number => {
          seen.push(...p.data())
          return 0
        }
        model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy', spy] })
        const logs = await model.evaluate(x, labels)
        results.push({ logs, seen })
      }
      const [fused, plain] = results
      expect(fused.seen).toEqual(plain.seen)
      expect(fused.logs.accuracy).toBe(plain.logs.accuracy)
      expect(fused.logs.loss).toBeCloseTo(plain.logs.loss, 5)
    })

    it('stays finite and keeps its gradient where the probability rounds to 0 or 1', async () => {
      const model = sequential(dense({ units: 1, activation: 'sigmoid', inputSize: 1 }))
      model.loadStateDict(new Map([['dense.kernel', tensor([[1000]])], ['dense.bias', tensor([0])]])) // biome-ignore format: data
      model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' })
      expect((await model.evaluate([[1]], [0])).loss).toBe(1000)
      await model.fit([[1]], [0], quiet())
      expect(model.stateDict().get('dense.kernel')?.item()).toBeCloseTo(999.99, 3)
    })

    it('is not taken from a subclass that has a forward of its own', async () => {
      class Halved extends (sequential().constructor as new (layers: readonly unknown[]) => Sequential) {
        override forward(input: Tensor): Tensor {
          return super.forward(input).mul(0.5)
        }
      }
      const model = new Halved([dense({ units: 1, activation: 'sigmoid', inputSize: 2 })])
      model.loadStateDict(weights)
      model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' })
      const p = [...model.predict(x).data()]
      expect(Math.max(...p)).toBeLessThanOrEqual(0.5)
      const want = -labels.reduce((sum, t, i) => sum + Math.log(t === 1 ? p[i] : 1 - p[i]), 0) / p.length
      expect((await model.evaluate(x, labels)).loss).toBeCloseTo(want, 5)
    })
  })

  describe('user code within a model', () => {
    const kept: Tensor[] = []
    const keep = <T extends Tensor>(x: T): T => {
      kept.push(x)
      return x
    }
    class Residual extends Module {
      readonly inner = dense({ units: 8, inputSize: 8 })
      forward(x: Tensor, context?: { mask?: Tensor | null }): Tensor {
        if (context?.mask) keep(context.mask)
        return keep(keep(x).add(keep(this.inner.forward(x))))
      }
    }
    class Scale extends Layer<number, 'same'> {
      declare factor: Parameter
      outputShape(shape: Shape): Shape {
        return shape
      }
      protected override createParameters(shape: Shape): void {
        this.factor = new Parameter(ones([shape[shape.length - 1]]))
      }
      protected compute(x: Tensor): Tensor {
        return keep(keep(x).mul(this.factor))
      }
      override maskFor(_x: Tensor, mask: Tensor | null): Tensor | null {
        return mask === null ? null : keep(mask)
      }
    }
    class Net extends Model {
      readonly body = sequential(
        embedding({ inputDim: 20, outputDim: 8, maskZero: true }),
        new Residual(),
        new Scale(),
        lstm({ units: 8, returnSequences: true }),
        flatten(),
        dense({ units: 1 }),
      )
      forward(x: Tensor): Tensor {
        return keep(keep(this.body.forward(keep(x))).sigmoid())
      }
    }

    it.each([
      ['a Sequential', (): Model => sequential(...new Net().body.layers)],
      ['a Model of the user', (): Model => new Net()],
    ])('finds all that %s handed it or that it made readable for ever', async (_, make) => {
      manualSeed(1)
      kept.length = 0
      const model = make()
      model.compile({
        optimizer: 'adam',
        loss: (p: Tensor, y: Tensor) => keep(keep(p).sub(keep(y).reshape(p.shape)).square().mean()),
        metrics: [(p: Tensor, y: Tensor) => keep(keep(p).mean().add(keep(y).mean()))],
      })
      const { x, y } = sentences(40)
      await model.fit(x, y, quiet({ batchSize: 16, epochs: 2, validationData: [x, y] }))
      keep(model.predict(x))
      const early = kept.map(tensor => tensor.data())
      await model.fit(x, y, quiet({ batchSize: 8, epochs: 3 }))
      expect(early.length).toBeGreaterThan(100)
      expect(early.every(values => values.every(Number.isFinite))).toBe(true)
      for (const [i, values] of early.entries()) expect(kept[i].data()).toEqual(values)
    })

    it('gets the path of its layer into its errors', () => {
      const model = sequential(dense({ units: 3 }), new Residual())
      expect(errorOf(() => model.forward(ones([1, 2]))).message).toMatch(
        /^in Sequential "sequential" → Residual "residual" → Dense: needs \[batch, \.\.\., 8\], got \[batch, 3\]/,
      )
    })
  })

  it('leave a tensor from early training readable thousands of steps later', async () => {
    const kept: Tensor[] = []
    const model = regression()
    model.compile({
      optimizer: 'sgd',
      loss: 'meanSquaredError',
      metrics: [
        p => {
          if (kept.length < 3) kept.push(p)
          return 0
        },
      ],
    })
    const { x, y } = line(50)
    await model.fit(x, y, quiet({ batchSize: 1 }))
    const early = kept.map(p => p.data())
    await model.fit(x, y, quiet({ batchSize: 1, epochs: 60 }))
    expect(kept.map(p => p.data())).toEqual(early)
  })

  it('give mask-aware results for padded and unpadded examples alike', () => {
    const model = textClassifier()
    const short = model.predict(int([[3, 4]]))
    expectClose(model.predict(int([[3, 4, 0, 0]])), short)
  })
})
