import * as tl from '../../../src/index.ts'
import type { Adapters, Call } from './call.ts'

type Tensor = tl.Tensor

/** The parameters of one direction of one layer, from PyTorch's names and layout. */
function lstmParameters(call: Call<Tensor>, suffix: string) {
  const transposed = (name: string): Tensor => tl.transpose(call.parameter(`${name}_${suffix}`))
  const bias = call.parameters.has(`bias_ih_${suffix}`)
    ? tl.add(call.parameter(`bias_ih_${suffix}`), call.parameter(`bias_hh_${suffix}`))
    : null
  return { kernel: transposed('weight_ih'), recurrentKernel: transposed('weight_hh'), bias }
}

/** Row `index` of a state [layers · directions, batch, units]. */
function stateRow(call: Call<Tensor>, name: string, index: number): Tensor | null {
  const state = call.inputs.get(name)
  return state === undefined ? null : tl.squeeze(tl.slice(state, [[index, index + 1]]), { axis: 0 })
}

/** A stack of LSTM layers, each in one or two directions: [batch, time, features] in, and out. */
function stackedLstm(call: Call<Tensor>) {
  const { attributes } = call
  const batchFirst = attributes.flag('batch_first')
  const suffixes = attributes.flag('bidirectional') ? ['', '_reverse'] : ['']
  const swapped = (x: Tensor): Tensor => (batchFirst ? x : tl.transpose(x, { axes: [0, 1] }))
  let x = swapped(call.input('x'))
  const finalH: Tensor[] = []
  const finalC: Tensor[] = []
  for (let layer = 0; layer < attributes.number('num_layers'); layer++) {
    const results = suffixes.map((suffix, direction) => {
      const row = layer * suffixes.length + direction
      const state = { h0: stateRow(call, 'h0', row), c0: stateRow(call, 'c0', row) }
      const parameters = lstmParameters(call, `l${layer}${suffix}`)
      return tl.lstm({ x, ...parameters, ...state }, { reverse: direction === 1 })
    })
    x = tl.concat(
      results.map(result => result.sequence),
      { axis: 2 },
    )
    finalH.push(...results.map(result => result.h))
    finalC.push(...results.map(result => result.c))
  }
  return { out: swapped(x), h_n: tl.stack(finalH, { axis: 0 }), c_n: tl.stack(finalC, { axis: 0 }) }
}

/** LSTM cases of `layers_rnn` and `keras_layout`. */
export const recurrentOps: Adapters<Tensor> = {
  lstm: stackedLstm,
  lstm_masked: call => {
    const rows = call.attributes.rows('mask')
    const mask = tl.tensor(rows.flat(), { shape: [rows.length, rows[0].length], dtype: 'int32' })
    const { h } = tl.lstm({ x: call.input('x'), ...lstmParameters(call, 'l0') }, { mask })
    return { h_last: h }
  },
  keras_lstm: call => {
    const { sequence, h, c } = tl.lstm({
      x: call.input('x'),
      kernel: call.parameter('kernel'),
      recurrentKernel: call.parameter('recurrent_kernel'),
      bias: call.parameters.get('bias'),
    })
    return { out: sequence, h_n: h, c_n: c }
  },
}
