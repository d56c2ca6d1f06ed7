import { describe, expect, it } from 'vitest'
import {
  Add,
  bidirectional,
  Concatenate,
  dense,
  deserializeModel,
  Dot,
  embedding,
  FormatError,
  type Functional,
  gru,
  input,
  lstm,
  manualSeed,
  Maximum,
  type ModelResult,
  model,
  multiHeadAttention,
  sequential,
  serializeModel,
  type Tensor,
} from '../../src/index.ts'
import { MODEL_KEY } from '../../src/io/serialize.ts'
import { readSafetensors, writeSafetensors } from '../../src/index.ts'
import { errorOf } from '../setup/errors.ts'
import { int, normal } from '../setup/numbers.ts'

/** A graph with everything: shared layers, lists, contexts, models as layers, several outputs. */
function graph(): Functional<readonly Tensor[]> {
  manualSeed(2)
  const words = input({ shape: [5], dtype: 'int32', name: 'words' })
  const extra = input({ shape: [4] })
  const table = embedding({ inputDim: 9, outputDim: 4, maskZero: true })
  const e = table.apply(words)
  const [states, h, c] = lstm({ units: 4, returnSequences: true, returnState: true }).apply(e)
  const decoded = lstm({ units: 4, name: 'decoder' }).apply(e, { initialState: { h, c } })
  const both = bidirectional({ layer: gru({ units: 2 }) }).apply(states, {
    initialState: [{ h: dense({ units: 2 }).apply(h) }, { h: dense({ units: 2 }).apply(c) }],
  })
  const attended = multiHeadAttention({ numHeads: 2 }).apply(e, { key: states })
  const inner = sequential(dense({ units: 4, activation: 'relu' }), dense({ units: 4 }))
  const y = input({ shape: [4] })
  const tower = model({ inputs: y, outputs: new Add().apply([y, inner.apply(y)]), name: 'tower' })
  const sum = new Maximum().apply([tower.apply(extra), tower.apply(decoded)])
  const joined = new Concatenate().apply([sum, both, new Dot().apply([h, c])])
  return model({
    inputs: [words, extra],
    outputs: [dense({ units: 1, name: 'score' }).apply(joined), attended],
    name: 'everything',
  })
}

const data = () => [int([1, 2, 3, 0, 0, 4, 5, 6, 7, 8]).reshape([2, 5]), normal([2, 4], 3)] as const
const bitsOf = (net: Functional<ModelResult>) =>
  (net.predict(data()) as readonly Tensor[]).map(output => [...output.data()])
const loadAgain = (bytes: Uint8Array) => deserializeModel(bytes).model as Functional<ModelResult>

describe('a saved graph of layers', () => {
  it('comes back with the same names and predicts the same bits', () => {
    const net = graph()
    const again = loadAgain(serializeModel(net))
    expect(again.namedLayers().map(([name]) => name)).toEqual(net.namedLayers().map(([name]) => name))
    expect([...again.namedParameters().keys()]).toEqual([...net.namedParameters().keys()])
    expect([again.inputNames, again.outputNames, again.name]).toEqual([
      net.inputNames,
      net.outputNames,
      'everything',
    ])
    expect(bitsOf(again)).toEqual(bitsOf(net))
    expect(serializeModel(again)).toEqual(serializeModel(net))
  })

  it('keeps what several outputs are trained by', () => {
    const net = graph()
    net.compile({
      optimizer: 'adam',
      loss: { score: 'meanSquaredError', multi_head_attention: 'huber' },
      lossWeights: { score: 0.5 },
      metrics: { score: ['meanAbsoluteError'] },
    })
    const outputs = loadAgain(serializeModel(net)).compiledSettings?.outputs ?? []
    expect(outputs.map(({ name, weight, loss, metrics }) => [name, weight, loss.builtIn, metrics])).toEqual([
      ['score', 0.5, 'meanSquaredError', ['meanAbsoluteError']],
      ['multi_head_attention', 1, 'huber', []],
    ])
  })

  it('is a layer of a Sequential, too', () => {
    manualSeed(1)
    const x = input({ shape: [3] })
    const block = model({ inputs: x, outputs: new Add().apply([x, dense({ units: 3 }).apply(x)]) })
    const net = sequential(block, dense({ units: 1 }))
    const values = normal([2, 3], 1)
    const expected = net.predict(values).data()
    expect(deserializeModel(serializeModel(net)).model.predict(values).data()).toEqual(expected)
  })

  it('keeps what is frozen', () => {
    const net = graph()
    net.layer('tower').trainable = false
    net.layer('decoder').trainable = false
    const again = loadAgain(serializeModel(net))
    const frozen = (each: Functional<ModelResult>) =>
      [...each.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad).map(([name]) => name)
    expect(frozen(again)).toEqual(frozen(net))
    expect(frozen(again)).toContain('tower.sequential.dense.kernel')
    expect(again.layer('tower').trainable).toBe(false)
    expect(again.layer('score').trainable).toBe(true)
  })

  type Json = { [key: string]: Json } & Json[] & string
  it.each<[string, (config: Json) => void, RegExp]>([
    [
      'a call of a layer that is not there',
      c => Object.assign(c.calls[0], { layer: 'nobody' }),
      /calls\[0\].layer: there is no layer "nobody"/,
    ],
    [
      'a tensor that is not there',
      c => Object.assign(c.calls[0], { inputs: [7, 0] }),
      /calls\[0\].inputs: there is no tensor/,
    ],
    [
      'a tensor of a later call',
      c => Object.assign(c.calls[0], { inputs: [1, 0] }),
      /there is no tensor \[1, 0\] here/,
    ],
    [
      'a place that is a name',
      c => Object.assign(c.calls[0], { inputs: ['__proto__', 'constructor'] }),
      /expected an array|there is no tensor/,
    ],
    [
      'a context that is none',
      c => Object.assign(c.calls[2], { context: 3 }),
      /calls\[2\].context: expected an object/,
    ],
    ['a shape that does not fit', c => Object.assign(c.inputs[1], { shape: [5] }), /4 ≠ 5|needs|dense/i],
    [
      'an element type that is none',
      c => Object.assign(c.inputs[0], { dtype: 'float16' }),
      /"float16" is no element type/,
    ],
    [
      'a name that comes twice',
      c => Object.assign(c.layers[1], { name: 'embedding' }),
      /"embedding" is taken|is missing/,
    ],
    [
      'frozen modules that are not there',
      c => Object.assign(c, { frozen: ['nobody'] }),
      /frozen: the model has no module or parameter "nobody"/,
    ],
    ['outputs that are none', c => Object.assign(c, { outputs: 'x' }), /outputs: expected an array/],
    ['no outputs', c => Object.assign(c, { outputs: [] }), /empty list/],
  ])('is refused with %s', (_, damage, message) => {
    const file = readSafetensors(serializeModel(graph()))
    const metadata = new Map(file.metadata)
    const config = JSON.parse(metadata.get(MODEL_KEY) ?? '') as Json
    damage(config)
    metadata.set(MODEL_KEY, JSON.stringify(config))
    const error = errorOf(() => deserializeModel(writeSafetensors(file.tensors, metadata)))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(message)
  })
})
