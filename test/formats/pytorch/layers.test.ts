import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UnsupportedError, ValueError } from '../../../src/errors.ts'
import { fromPyTorch, loadPyTorch, serializePyTorch, toPyTorch } from '../../../src/formats/pytorch/index.ts'
import {
  batchNormalization,
  bidirectional,
  conv1d,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  embedding,
  GRU,
  gru,
  type Layer,
  LSTM,
  layerNormalization,
  lstm,
  MultiHeadAttention,
  Module,
  manualSeed,
  Parameter,
  SimpleRNN,
  sequential,
  serializeStateDict,
  type Tensor,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  tensor,
  uniform,
  zeros,
} from '../../../src/index.ts'

interface GoldenTensor {
  readonly dtype: 'f32' | 'f64' | 'i32'
  readonly shape: number[]
  readonly b64: string
}
interface GoldenCase {
  readonly op: string
  readonly attrs: Readonly<Record<string, unknown>>
  readonly inputs: Readonly<Record<string, GoldenTensor>>
  readonly params: Readonly<Record<string, GoldenTensor>>
  readonly outputs: Readonly<Record<string, GoldenTensor>>
}

function decode({ dtype, shape, b64 }: GoldenTensor): Tensor {
  const { buffer } = Uint8Array.from(Buffer.from(b64, 'base64'))
  if (dtype === 'i32') return tensor(new Int32Array(buffer), { shape, dtype: 'int32' })
  return tensor(dtype === 'f32' ? new Float32Array(buffer) : Float32Array.from(new Float64Array(buffer)), {
    shape,
  })
}

const casesOf = (file: string): GoldenCase[] =>
  JSON.parse(readFileSync(new URL(`../../golden/${file}.json`, import.meta.url), 'utf8')).cases

/** The layer that a golden case describes; null for another kind of case. */
function layerOf({ op, attrs }: GoldenCase): Layer<number, number | 'same', Tensor> | null {
  const { hidden_size: units, input_size: inputSize, bias = true } = attrs as Record<string, number>
  if (Number(attrs.num_layers ?? 1) > 1 || attrs.batch_first === false) return null
  const options = { name: 'x', units, inputSize, returnSequences: true }
  const recurrent = {
    lstm: () => new LSTM({ ...options, bias: bias ? 'single' : 'none' }),
    gru: () => new GRU({ ...options, useBias: Boolean(bias) }),
    rnn_tanh: () => new SimpleRNN({ ...options, bias: bias ? 'separate' : 'none' }),
  }
  if (Object.hasOwn(recurrent, op)) {
    const layer = recurrent[op as keyof typeof recurrent]()
    return attrs.bidirectional === true ? bidirectional({ name: 'x', layer: layer as LSTM }) : layer
  }
  if (op === 'transformer_encoder_layer') {
    const {
      d_model: size,
      num_heads: numHeads,
      dim_feedforward: intermediateDim,
    } = attrs as Record<string, number>
    return new TransformerEncoderLayer({
      name: 'x',
      inputSize: size,
      numHeads,
      intermediateDim,
      normFirst: attrs.norm_first === true,
      activation: attrs.activation as 'relu',
    })
  }
  if (
    op === 'multihead_attention' &&
    attrs.self === true &&
    Object.keys(attrs).every(key => !key.includes('mask'))
  ) {
    const { embed_dim: size, num_heads: numHeads } = attrs as Record<string, number>
    return new MultiHeadAttention({
      name: 'x',
      inputSize: size,
      numHeads,
      useBias: Boolean(bias),
      causal: attrs.causal === true,
    })
  }
  return null
}

describe('weights of PyTorch in a layer give its output', () => {
  const cases = ['layers_rnn', 'layers_attention'].flatMap(casesOf)
  const known = cases.filter(one => layerOf(one) !== null && Object.keys(one.inputs).length === 1)

  it.each(known.map((one, i) => [`${one.op} ${i}`, one] as const))('%s', (_, one) => {
    const layer = layerOf(one)
    if (layer === null) throw new Error('no layer')
    const model = sequential(layer as LSTM)
    const weights = new Map(Object.entries(one.params).map(([name, value]) => [`m.${name}`, decode(value)]))
    model.loadStateDict(fromPyTorch(model, weights, { x: 'm' }))
    const [input] = Object.values(one.inputs)
    const output = model.predict(decode(input)).data()
    const expected = decode(Object.values(one.outputs)[0]).data()
    expect(output).toHaveLength(expected.length)
    for (const [i, value] of output.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(1e-5)
  })

  it('covers all kinds of layers there', () => {
    expect(new Set(known.map(({ op }) => op))).toEqual(
      new Set(['lstm', 'gru', 'rnn_tanh', 'multihead_attention', 'transformer_encoder_layer']),
    )
  })
})

const shapesOf = (weights: ReadonlyMap<string, Tensor>) =>
  Object.fromEntries([...weights].map(([name, { shape }]) => [name, shape]))

describe('names and shapes are PyTorch’s', () => {
  it('of convolutions and normalisations', () => {
    const model = sequential(
      conv2d({ filters: 4, kernelSize: [3, 5], inputSize: 2, groups: 2 }),
      batchNormalization({ inputSize: 4 }),
      depthwiseConv2d({ kernelSize: 3, inputSize: 4, depthMultiplier: 2 }),
      conv2dTranspose({ filters: 6, kernelSize: 2, inputSize: 8 }),
      layerNormalization({ inputSize: 6, center: false }),
    )
    expect(shapesOf(toPyTorch(model))).toEqual({
      'conv2d.weight': [4, 1, 3, 5],
      'conv2d.bias': [4],
      'batch_normalization.weight': [4],
      'batch_normalization.bias': [4],
      'batch_normalization.running_mean': [4],
      'batch_normalization.running_var': [4],
      'depthwise_conv2d.weight': [8, 1, 3, 3],
      'depthwise_conv2d.bias': [8],
      'conv2d_transpose.weight': [8, 6, 2, 2],
      'conv2d_transpose.bias': [6],
      'layer_normalization.weight': [6],
    })
    expect(
      shapesOf(toPyTorch(sequential(conv1d({ filters: 3, kernelSize: 5, inputSize: 2, useBias: false })))),
    ).toEqual({
      'conv1d.weight': [3, 2, 5],
    })
  })

  it('of recurrences in both directions, and of decoders', () => {
    const model = sequential(bidirectional({ layer: gru({ units: 2, inputSize: 3 }) }))
    expect(Object.keys(shapesOf(toPyTorch(model, { bidirectional: 'rnn l1' })))).toEqual([
      ...['rnn.weight_ih_l1', 'rnn.weight_hh_l1', 'rnn.bias_ih_l1', 'rnn.bias_hh_l1'],
      ...[
        'rnn.weight_ih_l1_reverse',
        'rnn.weight_hh_l1_reverse',
        'rnn.bias_ih_l1_reverse',
        'rnn.bias_hh_l1_reverse',
      ],
    ])
    const decoder = new TransformerDecoderLayer({
      inputSize: 4,
      numHeads: 2,
      intermediateDim: 8,
      crossAttention: true,
    })
    expect(shapesOf(toPyTorch(decoder))).toMatchObject({
      'self_attn.in_proj_weight': [12, 4],
      'multihead_attn.out_proj.bias': [4],
      'linear1.weight': [8, 4],
      'norm3.weight': [4],
    })
  })
})

describe('a round trip', () => {
  it('changes nothing, whatever the layers', () => {
    manualSeed(1)
    class Net extends Module {
      readonly words = embedding({ inputDim: 7, outputDim: 4 })
      readonly blocks = [
        new TransformerEncoderLayer({ inputSize: 4, numHeads: 2, intermediateDim: 6 }),
        new TransformerDecoderLayer({ inputSize: 4, numHeads: 2, intermediateDim: 6 }),
      ]
      readonly reader = bidirectional({ layer: lstm({ units: 3, inputSize: 4 }) })
      readonly head = sequential(
        dense({ units: 4, inputSize: 6, useBias: false }),
        batchNormalization({ inputSize: 4 }),
        dense({ units: 2, inputSize: 4 }),
      )
      forward(x: Tensor): Tensor {
        const blocks = this.blocks.reduce((value, block) => block.forward(value), this.words.forward(x))
        return this.head.forward(this.reader.forward(blocks))
      }
    }
    const net = new Net().eval()
    for (const [, parameter] of net.namedState())
      parameter.assign(uniform(parameter.shape, { low: 0.1, high: 1 }))
    const ids = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype: 'int32' },
    )
    const weights = toPyTorch(net, { 'blocks.0': 'encoder', head: 'fc' })
    expect([...weights.keys()]).toContain('encoder.self_attn.in_proj_weight')
    expect([...weights.keys()]).toContain('blocks.1.linear2.bias')
    expect([...weights.keys()]).toContain('fc.dense.weight')
    const other = new Net().eval()
    other.loadStateDict(fromPyTorch(other, weights, { 'blocks.0': 'encoder', head: 'fc' }))
    for (const [i, value] of other.forward(ids).data().entries()) {
      expect(value).toBeCloseTo(net.forward(ids).data()[i], 5)
    }
    // Exactly, but for the sums of two biases.
    const again = toPyTorch(other, { 'blocks.0': 'encoder', head: 'fc' })
    for (const [name, value] of weights) expect(again.get(name)?.data()).toEqual(value.data())
  })

  it('goes through a file, whose counters are left out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pytorch-'))
    try {
      const model = sequential(batchNormalization({ inputSize: 2 }), dense({ units: 1, inputSize: 2 }))
      const path = join(folder, 'model.safetensors')
      writeFileSync(path, serializePyTorch(model, { dense: 'fc', batch_normalization: 'bn' }))
      const other = sequential(batchNormalization({ inputSize: 2 }), dense({ units: 1, inputSize: 2 }))
      await loadPyTorch(other, path, { dense: 'fc', batch_normalization: 'bn' })
      expect(other.predict([[1, 2]]).data()).toEqual(model.predict([[1, 2]]).data())
      const weights = toPyTorch(model)
      weights.set('batch_normalization.num_batches_tracked', zeros([]))
      await loadPyTorch(other, serializeStateDict(weights))
      expect(other.predict([[1, 2]]).data()).toEqual(model.predict([[1, 2]]).data())
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('what has no counterpart', () => {
  it('is named, all of it', () => {
    class Own extends Module {
      readonly factor = new Parameter(tensor([1]))
      forward(x: Tensor): Tensor {
        return x.mul(this.factor)
      }
    }
    const model = sequential(gru({ units: 2, inputSize: 2, resetAfter: false }), new Own())
    expect(() => toPyTorch(model)).toThrow(UnsupportedError)
    expect(() => toPyTorch(model)).toThrow(/"gru", "own"/)
    expect(() => toPyTorch(sequential(dense({ units: 1, inputSize: 1 })), { desne: 'fc' })).toThrow(
      ValueError,
    )
  })
})
