import * as tl from '../../../src/index.ts'
import { LSTM } from '../../../src/nn/lstm.ts'
import { bindAll, lstmBindings } from './binding.ts'
import type { Adapters, Call } from './call.ts'

type Tensor = tl.Tensor

/** An LSTM that gives everything it has, with the case's parameters of one direction of one layer. */
function torchLstm(call: Call<Tensor>, suffix: string, goBackwards: boolean) {
  const [gates, inputSize] = call.parameter(`weight_ih_${suffix}`).shape
  const bias = call.parameters.has(`bias_ih_${suffix}`) ? 'separate' : 'none'
  const layer = new LSTM({
    units: gates / 4,
    inputSize,
    bias,
    goBackwards,
    returnSequences: true,
    returnState: true,
  })
  bindAll(call, new Map(lstmBindings('', suffix, layer)))
  return layer
}

/** Row `index` of the states [layers · directions, batch, units]; null where the case gives none. */
function initialState(call: Call<Tensor>, index: number) {
  if (!call.inputs.has('h0')) return null
  const row = (name: string): Tensor =>
    tl.squeeze(tl.slice(call.input(name), [[index, index + 1]]), { axis: 0 })
  return { h: row('h0'), c: row('c0') }
}

/** A stack of LSTM layers, each in one or two directions. */
function stackedLstm(call: Call<Tensor>) {
  const { attributes } = call
  const batchFirst = attributes.flag('batch_first')
  const suffixes = attributes.flag('bidirectional') ? ['', '_reverse'] : ['']
  const swapped = (x: Tensor): Tensor => (batchFirst ? x : tl.transpose(x, { axes: [0, 1] }))
  let x = swapped(call.input('x'))
  const finalH: Tensor[] = []
  const finalC: Tensor[] = []
  for (let depth = 0; depth < attributes.number('num_layers'); depth++) {
    const sequences = suffixes.map((suffix, direction) => {
      const goBackwards = direction === 1
      const layer = torchLstm(call, `l${depth}${suffix}`, goBackwards)
      const context = { initialState: initialState(call, depth * suffixes.length + direction) }
      const [sequence, h, c] = layer.forward(x, context)
      finalH.push(h)
      finalC.push(c)
      return goBackwards ? tl.flip(sequence, { axis: 1 }) : sequence
    })
    x = tl.concat(sequences, { axis: 2 })
  }
  return { out: swapped(x), h_n: tl.stack(finalH, { axis: 0 }), c_n: tl.stack(finalC, { axis: 0 }) }
}

/** LSTM cases of `layers_rnn` and `keras_layout`. */
export const recurrentOps: Adapters<Tensor> = {
  lstm: stackedLstm,
  lstm_masked: call => {
    const rows = call.attributes.rows('mask')
    const mask = tl.tensor(rows.flat(), { shape: [rows.length, rows[0].length], dtype: 'int32' })
    const [, h] = torchLstm(call, 'l0', false).forward(call.input('x'), { mask })
    return { h_last: h }
  },
  keras_lstm: call => {
    const [inputSize, gates] = call.parameter('kernel').shape
    const layer = new LSTM({ units: gates / 4, inputSize, returnSequences: true, returnState: true })
    const bindings = new Map([
      ['kernel', { parameter: layer.kernel, transposed: false }],
      ['recurrent_kernel', { parameter: layer.recurrentKernel, transposed: false }],
    ])
    if (layer.bias !== null) bindings.set('bias', { parameter: layer.bias, transposed: false })
    bindAll(call, bindings)
    const [sequence, h, c] = layer.forward(call.input('x'))
    return { out: sequence, h_n: h, c_n: c }
  },
}
