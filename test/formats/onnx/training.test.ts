import { describe, expect, it } from 'vitest'
import { exportOnnx, loadOnnx } from '../../../src/formats/onnx/index.ts'
import * as t from '../../../src/index.ts'
import { constant, modelOf, nodes } from './graphs.ts'

const float = (value: number) => ({ float: value })

/** Dropout, batch normalisation and a product, as files for training have them. */
const network = () =>
  modelOf({
    nodes: nodes(
      ['Dropout', ['x', 'ratio'], ['dropped']],
      [
        'BatchNormalization',
        ['dropped', 'scale', 'bias', 'mean', 'variance'],
        ['normal'],
        { momentum: float(0.5) },
      ],
      ['Mul', ['normal', 'temperature'], ['scaled']],
      ['Gemm', ['scaled', 'weights'], ['y']],
    ),
    inputs: { x: 'float32' },
    outputs: ['y'],
    initializers: [
      constant('ratio', [0.5], 'float32', []),
      constant('scale', [1, 1], 'float32'),
      constant('bias', [0, 0], 'float32'),
      constant('mean', [0, 0], 'float32'),
      constant('variance', [1, 1], 'float32'),
      constant('temperature', [2], 'float32', []),
      constant('weights', [1, 2], 'float32', [2, 1]),
    ],
  })

const batch = (): t.Tensor =>
  t.tensor([
    [1, 2],
    [3, 4],
    [5, 9],
    [-1, 0],
  ])

describe('an imported graph', () => {
  it('makes weights parameters, statistics buffers, and settings neither', () => {
    const model = network()
    expect([...model.namedParameters().keys()]).toEqual(['scale', 'bias', 'weights'])
    expect([...model.namedBuffers().keys()]).toEqual(['mean', 'variance'])
  })

  it('lets the reader decide what is trained', async () => {
    const bytes = await exportOnnx(t.sequential(t.dense({ units: 2, inputSize: 3, name: 'head' })))
    const model = await loadOnnx(bytes, { trainable: name => name.endsWith('bias') })
    expect([...model.namedParameters().keys()]).toEqual(['head.bias'])
  })

  it('drops and follows statistics in training, and does neither in evaluation', () => {
    const model = network()
    const before = model.predict(batch()).data()
    expect(model.predict(batch()).data()).toEqual(before)
    expect(model.namedBuffers().get('mean')?.data()).toEqual(Float32Array.of(0, 0))
    t.manualSeed(1)
    model.train()
    const first = model.forward(batch()).data()
    expect(model.forward(batch()).data()).not.toEqual(first)
    expect(model.namedBuffers().get('mean')?.data()).not.toEqual(Float32Array.of(0, 0))
    model.eval()
    expect(model.predict(batch()).data()).not.toEqual(before)
  })

  it('trains with fit, and keeps what it learnt in its state', async () => {
    const model = network()
    t.manualSeed(3)
    model.compile({ optimizer: t.adam({ learningRate: 0.05 }), loss: 'meanSquaredError' })
    const y = t.tensor([[1], [2], [3], [0]])
    const { history } = await model.fit(batch(), y, { epochs: 60, batchSize: 4, verbose: false })
    expect(history.loss[59]).toBeLessThan(history.loss[0])
    const copy = network()
    copy.loadStateDict(model.stateDict())
    expect(copy.predict(batch()).data()).toEqual(model.predict(batch()).data())
  })

  it('leaves a last softmax to the loss, as other models do', async () => {
    const model = await loadOnnx(
      await exportOnnx(t.sequential(t.dense({ units: 3, inputSize: 2, activation: 'softmax' }))),
    )
    const x = t.tensor([[300, -300]])
    const [{ output, isLogits }] = model.predictionsFor([x], ['softmax'])
    expect(isLogits).toBe(true)
    expect(t.softmax(output).data()).toEqual(model.predict(x).data())
    expect(model.predictionsFor([x], ['sigmoid'])[0].isLogits).toBe(false)
    expect(model.predictionsFor([x], [null])[0].output.data()).toEqual(model.predict(x).data())
  })

  it('runs on several inputs by name, and refuses others', () => {
    const model = modelOf({
      nodes: nodes(['Add', ['a', 'b'], ['sum']], ['Sub', ['a', 'b'], ['difference']]),
      inputs: { a: 'float32', b: 'int64' },
      outputs: ['sum', 'difference'],
    })
    const outputs = model.run({ a: t.tensor([3]), b: t.tensor([1], { dtype: 'int32' }) })
    expect(outputs.get('sum')?.toArray()).toEqual([4])
    expect(outputs.get('difference')?.toArray()).toEqual([2])
    expect(() => model.run({ a: t.tensor([3]) })).toThrow(/"b", which is missing/)
    expect(() => model.run({ a: t.tensor([3]), b: t.tensor([3]), c: t.tensor([3]) })).toThrow(/no input "c"/)
    expect(() => model.forward(t.tensor([3]))).toThrow(/2 inputs, and was given 1/)
  })

  it('says which sizes an input must have', async () => {
    const bytes = await exportOnnx(t.sequential(t.dense({ units: 2, inputSize: 3 })), { inputShape: [3] })
    const model = await loadOnnx(bytes)
    expect(() => model.predict(t.ones([1, 4]))).toThrow(/takes \[batch, 3\] as "input", got \[1, 4\]/)
  })

  it('has a summary', async () => {
    const model = await loadOnnx(
      await exportOnnx(t.sequential(t.dense({ units: 2, inputSize: 3 })), { inputShape: [3] }),
    )
    expect(model.summary()).toMatch(/8/)
  })
})
