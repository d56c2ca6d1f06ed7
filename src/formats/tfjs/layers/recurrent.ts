import { readRecord, readString } from '../../../io/plain-json.ts'
import { show } from '../../../io/refuse.ts'
import { GRU } from '../../../nn/gru.ts'
import type { LayerConfig } from '../../../nn/layer.ts'
import { LSTM } from '../../../nn/lstm.ts'
import { SimpleRNN } from '../../../nn/simple-rnn.ts'
import { activation, count, type Fields, flag, number, readFields, writeFields } from '../fields.ts'
import { rulesFor } from '../rules.ts'
import { notExpressed, unsupported } from '../unsupported.ts'
import type { LayerFormat } from './format.ts'

const cell: Fields = {
  units: { codec: count },
  activation: { codec: activation, absent: 'tanh' },
  useBias: { codec: flag, absent: true },
  ...rulesFor('kernel', 'glorotNormal'),
  ...rulesFor('recurrent', 'orthogonal'),
  ...rulesFor('bias', 'zeros'),
  dropout: { codec: number, absent: 0 },
  recurrentDropout: { codec: number, absent: 0 },
}

const sequence: Fields = {
  returnSequences: { codec: flag, absent: false },
  returnState: { codec: flag, absent: false },
  goBackwards: { codec: flag, absent: false },
  stateful: { codec: flag, absent: false },
}

// A file of Keras 2 that does not say means the hard sigmoid; our layers mean sigmoid.
const recurrentActivation = { codec: activation, absent: 'hardSigmoid', ours: 'sigmoid' }

const gruFields: Fields = {
  ...cell,
  ...sequence,
  recurrentActivation,
  resetAfter: { codec: flag, absent: false, ours: true },
}
const lstmFields: Fields = {
  ...cell,
  ...sequence,
  recurrentActivation,
  unitForgetBias: { codec: flag, absent: true },
}
const simpleFields: Fields = { ...cell, ...sequence }

/** A stateful layer belongs to a batch of one size there, which our models do not have. */
function refuseStateful({ name, stateful }: LayerConfig): void {
  if (stateful !== true) return
  throw notExpressed(
    [`the stateful layer ${show(name)}`],
    'leave out stateful: it is about running, not about weights.',
  )
}

/** `useBias` of the file is `bias` of ours. */
function withBias({ useBias, ...options }: Record<string, unknown>): Record<string, unknown> {
  return { ...options, bias: useBias === false ? 'none' : 'single' }
}

/** Two biases are written as their sum, which gives the same numbers. */
function withoutBias(config: LayerConfig): LayerConfig {
  refuseStateful(config)
  return { ...config, useBias: config.bias !== 'none' }
}

const lstm: LayerFormat = {
  read: (config, at) => new LSTM(withBias(readFields(lstmFields, config, at)) as never),
  write: config => ({ ...writeFields(lstmFields, withoutBias(config)), unroll: false }),
}

const simple: LayerFormat = {
  read: (config, at) => new SimpleRNN(withBias(readFields(simpleFields, config, at)) as never),
  write: config => ({ ...writeFields(simpleFields, withoutBias(config)), unroll: false }),
}

const gru: LayerFormat = {
  read: (config, at) => new GRU(readFields(gruFields, config, at) as never),
  write(config) {
    refuseStateful(config)
    if (config.resetAfter !== false)
      throw notExpressed([`GRU ${show(config.name)} with resetAfter`], 'give it resetAfter: false.')
    return { ...writeFields(gruFields, config), unroll: false }
  },
}

/** Which layer a cell makes of an RNN. */
const CELLS: Readonly<Record<string, LayerFormat>> = { LSTMCell: lstm, GRUCell: gru, SimpleRNNCell: simple }

const rnn: LayerFormat = {
  read(config, at) {
    const described = readRecord(config.get('cell'), `${at}.cell`)
    const name = readString(described.get('class_name'), `${at}.cell.class_name`)
    if (!Object.hasOwn(CELLS, name)) throw unsupported(`${at}.cell`, `has a cell of class ${show(name)}`)
    const inner = readRecord(described.get('config'), `${at}.cell.config`)
    return CELLS[name].read(new Map([...inner, ...config]), at)
  },
  write: () => {
    throw notExpressed(['RNN'])
  },
}

/** Recurrent layers. */
export const recurrentLayers: Readonly<Record<string, LayerFormat>> = {
  GRU: gru,
  LSTM: lstm,
  RNN: rnn,
  SimpleRNN: simple,
}
