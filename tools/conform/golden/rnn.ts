import * as tl from '../../../src/index.ts'
import { GRU } from '../../../src/nn/gru.ts'
import { LSTM } from '../../../src/nn/lstm.ts'
import type { Parameter } from '../../../src/nn/parameter.ts'
import { SimpleRNN } from '../../../src/nn/simple-rnn.ts'
import { type Binding, bindAll, gruBindings, lstmBindings } from './binding.ts'
import type { Adapters, Call } from './call.ts'

type Tensor = tl.Tensor

/** A layer that gives everything it has: the sequence, then the tensors of its state. */
type Run = (x: Tensor, initial: readonly Tensor[] | null, mask?: Tensor) => readonly Tensor[]

/** A layer of some kind with the case's parameters of one direction of one layer. */
type Maker = (call: Call<Tensor>, suffix: string, goBackwards: boolean) => Run

/** Options that make a layer of the size of the case's recurrent weights give everything. */
function optionsOf(call: Call<Tensor>, suffix: string, goBackwards: boolean) {
  const inputSize = call.parameter(`weight_ih_${suffix}`).shape[1]
  const units = call.parameter(`weight_hh_${suffix}`).shape[1]
  const give = { returnSequences: true, returnState: true } as const
  return { units, inputSize, goBackwards, ...give }
}

const biasOf = (call: Call<Tensor>, suffix: string) =>
  call.parameters.has(`bias_ih_${suffix}`) ? 'separate' : 'none'

const torchLstm: Maker = (call, suffix, goBackwards) => {
  const layer = new LSTM({ ...optionsOf(call, suffix, goBackwards), bias: biasOf(call, suffix) })
  bindAll(call, new Map(lstmBindings('', suffix, layer)))
  return (x, initial, mask) =>
    layer.forward(x, { initialState: initial && { h: initial[0], c: initial[1] }, mask })
}

const torchGru: Maker = (call, suffix, goBackwards) => {
  const useBias = biasOf(call, suffix) !== 'none'
  const layer = new GRU({ ...optionsOf(call, suffix, goBackwards), useBias })
  bindAll(call, new Map(gruBindings('', suffix, layer)))
  return (x, initial, mask) => layer.forward(x, { initialState: initial && { h: initial[0] }, mask })
}

const torchRnn =
  (activation: 'tanh' | 'relu'): Maker =>
  (call, suffix, goBackwards) => {
    const options = {
      ...optionsOf(call, suffix, goBackwards),
      bias: biasOf(call, suffix),
      activation,
    } as const
    const layer = new SimpleRNN(options)
    bindAll(call, new Map(lstmBindings('', suffix, layer)))
    return (x, initial, mask) => layer.forward(x, { initialState: initial && { h: initial[0] }, mask })
  }

/** Row `index` of the states [layers · directions, batch, units]; null where the case gives none. */
function initialState(call: Call<Tensor>, index: number): Tensor[] | null {
  if (!call.inputs.has('h0')) return null
  return ['h0', 'c0']
    .filter(name => call.inputs.has(name))
    .map(name => tl.squeeze(tl.slice(call.input(name), [[index, index + 1]]), { axis: 0 }))
}

/** A stack of layers, each in one or two directions. */
const stacked = (make: Maker) => (call: Call<Tensor>) => {
  const { attributes } = call
  const batchFirst = attributes.flag('batch_first')
  const suffixes = attributes.flag('bidirectional') ? ['', '_reverse'] : ['']
  const swapped = (x: Tensor): Tensor => (batchFirst ? x : tl.transpose(x, { axes: [0, 1] }))
  let x = swapped(call.input('x'))
  /** The last states of all layers: h, and c where there is one. */
  const final: Tensor[][] = []
  for (let depth = 0; depth < attributes.number('num_layers'); depth++) {
    const sequences = suffixes.map((suffix, direction) => {
      const goBackwards = direction === 1
      const run = make(call, `l${depth}${suffix}`, goBackwards)
      const [sequence, ...state] = run(x, initialState(call, depth * suffixes.length + direction))
      for (const [i, value] of state.entries()) final[i] = [...(final[i] ?? []), value]
      return goBackwards ? tl.flip(sequence, { axis: 1 }) : sequence
    })
    x = tl.concat(sequences, { axis: 2 })
  }
  const [h, c] = final.map(values => tl.stack(values, { axis: 0 }))
  return { out: swapped(x), h_n: h, ...(c === undefined ? {} : { c_n: c }) }
}

/** The last h of a layer that leaves out masked steps. */
const masked = (make: Maker) => (call: Call<Tensor>) => {
  const rows = call.attributes.rows('mask')
  const mask = tl.tensor(rows.flat(), { shape: [rows.length, rows[0].length], dtype: 'int32' })
  const [, h] = make(call, 'l0', false)(call.input('x'), null, mask)
  return { h_last: h }
}

/** Binds parameters under Keras' names; a bias that the layer lacks is left out. */
function bindKeras(
  call: Call<Tensor>,
  layer: { kernel: Parameter; recurrentKernel: Parameter; bias: Parameter | null },
): void {
  const bindings = new Map<string, Binding>([
    ['kernel', { parameter: layer.kernel, transposed: false }],
    ['recurrent_kernel', { parameter: layer.recurrentKernel, transposed: false }],
  ])
  if (layer.bias !== null) bindings.set('bias', { parameter: layer.bias, transposed: false })
  bindAll(call, bindings)
}

const kerasOptions = (call: Call<Tensor>) => {
  const inputSize = call.parameter('kernel').shape[0]
  return {
    units: call.parameter('recurrent_kernel').shape[0],
    inputSize,
    returnSequences: true,
    returnState: true,
  } as const
}

/** Cases of `layers_rnn` and `keras_layout`. */
export const recurrentOps: Adapters<Tensor> = {
  lstm: stacked(torchLstm),
  gru: stacked(torchGru),
  rnn_tanh: stacked(torchRnn('tanh')),
  rnn_relu: stacked(torchRnn('relu')),
  lstm_masked: masked(torchLstm),
  gru_masked: masked(torchGru),
  keras_lstm: call => {
    const layer = new LSTM(kerasOptions(call))
    bindKeras(call, layer)
    const [out, h, c] = layer.forward(call.input('x'))
    return { out, h_n: h, c_n: c }
  },
  keras_gru: call => {
    const layer = new GRU({ ...kerasOptions(call), resetAfter: call.attributes.flag('reset_after') })
    bindKeras(call, layer)
    const [out, h] = layer.forward(call.input('x'))
    return { out, h_n: h }
  },
  keras_simple_rnn: call => {
    const layer = new SimpleRNN(kerasOptions(call))
    bindKeras(call, layer)
    const [out, h] = layer.forward(call.input('x'))
    return { out, h_n: h }
  },
}
