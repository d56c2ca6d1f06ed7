import type { ActivationName } from '../../../nn/activations.ts'
import { Bidirectional } from '../../../nn/bidirectional.ts'
import { GRU } from '../../../nn/gru.ts'
import { LSTM } from '../../../nn/lstm.ts'
import type { Recurrent } from '../../../nn/recurrent.ts'
import { SimpleRNN } from '../../../nn/simple-rnn.ts'
import type { WrittenAttribute } from '../wire/write.ts'
import type { Edge } from './builder.ts'
import type { Application, EdgeContext, Exporters } from './exporter.ts'
import { maskedInput, maskedSequence } from './recurrent-mask.ts'
import type { Scope } from './scope.ts'

/** The weights of one direction as ONNX wants them: [1, gates·units, …]. */
interface Weights {
  readonly w: string
  readonly r: string
  readonly b: string
}

/** Our gates i, f, c, o as ONNX's i, o, f, c. */
const LSTM_ORDER = [0, 3, 1, 2]

/** Blocks of `units` along the last axis in another order. */
function reordered(scope: Scope, x: string, units: number, order: readonly number[] | null): string {
  if (order === null) return x
  const index = order.flatMap(block => Array.from({ length: units }, (_, i) => block * units + i))
  return scope.op('Gather', [x, scope.ints(...index)], { axis: -1 })
}

/** The weights stay as they are in the file; small nodes, which runtimes compute once, turn them into ONNX's layout. */
function weightsOf(layer: Recurrent, scope: Scope): Weights {
  const { units } = layer
  const order = layer instanceof LSTM ? LSTM_ORDER : null
  const matrix = (name: string): string => {
    const t = scope.weight(name, name === 'kernel' ? layer.kernel : layer.recurrentKernel)
    const columns = scope.op('Transpose', [reordered(scope, t, units, order)], { perm: [1, 0] })
    return scope.op('Unsqueeze', [columns, scope.ints(0)])
  }
  return { w: matrix('kernel'), r: matrix('recurrentKernel'), b: biasOf(layer, scope, order) }
}

/** [1, 2·gates·units]: the bias of x, then that of h. */
function biasOf(layer: Recurrent, scope: Scope, order: readonly number[] | null): string {
  const { units } = layer
  const width = layer.kernel.shape[1]
  const zeros = (): string => scope.builder.constant(new Array<number>(width).fill(0), 'float32')
  const state = layer.namedParameters()
  const bias = state.get('bias')
  const recurrent = state.get('recurrentBias')
  if (bias === undefined) return ''
  const first = scope.weight('bias', bias)
  // With resetAfter a GRU keeps both in one tensor [2, 3·units].
  if (bias.shape.length === 2) return scope.op('Reshape', [first, scope.ints(1, 2 * width)])
  const second = recurrent === undefined ? zeros() : scope.weight('recurrentBias', recurrent)
  const parts = [first, second].map(part => reordered(scope, part, units, order))
  return scope.op('Unsqueeze', [scope.op('Concat', parts, { axis: 0 }), scope.ints(0)])
}

/** An activation as ONNX's recurrences know it, with the parameters that it takes. */
interface RecurrentActivation {
  readonly name: string
  readonly alpha?: number
  readonly beta?: number
}

const ACTIVATIONS: Partial<Record<ActivationName, RecurrentActivation>> = {
  elu: { name: 'Elu', alpha: 1 },
  hardSigmoid: { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
  leakyRelu: { name: 'LeakyRelu', alpha: 0.01 },
  linear: { name: 'Affine', alpha: 1, beta: 0 },
  relu: { name: 'Relu' },
  sigmoid: { name: 'Sigmoid' },
  softplus: { name: 'Softplus' },
  softsign: { name: 'Softsign' },
  tanh: { name: 'Tanh' },
}

function activationFor(scope: Scope, name: unknown, missing: ActivationName): RecurrentActivation {
  const found = ACTIVATIONS[(name ?? missing) as ActivationName]
  return found ?? scope.refuse(`has the activation ${String(name)}, which ONNX's recurrences do not know.`)
}

/** The activations of each direction; parameters are listed for those that take some. */
function activationAttributes(
  steps: readonly RecurrentActivation[],
  directions: number,
): Record<string, WrittenAttribute> {
  const all = Array.from({ length: directions }, () => steps).flat()
  const alphas = all.map(({ alpha }) => alpha).filter(alpha => alpha !== undefined)
  const betas = all.map(({ beta }) => beta).filter(beta => beta !== undefined)
  return {
    activations: all.map(({ name }) => name),
    ...(alphas.length > 0 ? { activation_alpha: { floats: alphas } } : {}),
    ...(betas.length > 0 ? { activation_beta: { floats: betas } } : {}),
  }
}

/** Operator and attributes of a layer in so many directions. */
function operatorOf(
  layer: Recurrent,
  directions: number,
  scope: Scope,
): [string, Record<string, WrittenAttribute>] {
  const options = layer.config()
  const inner = activationFor(scope, options.activation, 'tanh')
  const size = { hidden_size: layer.units }
  if (!(layer instanceof LSTM || layer instanceof GRU)) {
    return ['RNN', { ...size, ...activationAttributes([inner], directions) }]
  }
  const gate = activationFor(scope, options.recurrentActivation, 'sigmoid')
  if (layer instanceof LSTM)
    return ['LSTM', { ...size, ...activationAttributes([gate, inner, inner], directions) }]
  const attributes = activationAttributes([gate, inner], directions)
  return ['GRU', { ...size, ...attributes, linear_before_reset: options.resetAfter === false ? 0 : 1 }]
}

interface Written {
  /** [batch, time, units] of each direction, in input order. */
  readonly sequences: readonly string[]
  /** [batch, units] of each direction: h, and c of an LSTM. */
  readonly states: readonly (readonly string[])[]
}

/** One node for one or two directions. */
function writeRecurrence(
  layers: readonly { readonly layer: Recurrent; readonly scope: Scope; readonly initial: readonly Edge[] }[],
  x: Edge,
  scope: Scope,
  direction: string,
  wantsSequences: boolean,
): Written {
  const count = layers.length
  const [{ layer }] = layers
  const isLstm = layer instanceof LSTM
  const weights = layers.map(each => weightsOf(each.layer, each.scope))
  const joined = (pick: (weights: Weights) => string): string => {
    const names = weights.map(pick)
    return count === 1 || names[0] === '' ? names[0] : scope.op('Concat', names, { axis: 0 })
  }
  const { steps, lengths } = maskedInput(scope, x)
  const byTime = scope.op('Transpose', [steps], { perm: [1, 0, 2] })
  const initial = (index: number): string => {
    const states = layers.map(each => each.initial[index])
    if (states.some(state => state === undefined)) return ''
    const rows = states.map(state => scope.op('Unsqueeze', [state.name, scope.ints(0)]))
    return count === 1 ? rows[0] : scope.op('Concat', rows, { axis: 0 })
  }
  const [opType, attributes] = operatorOf(layer, count, scope)
  const inputs = [byTime, joined(w => w.w), joined(w => w.r), joined(w => w.b), lengths, initial(0)]
  if (isLstm) inputs.push(initial(1))
  while (inputs[inputs.length - 1] === '') inputs.pop()
  const outputs = scope.ops(opType, inputs, isLstm ? 3 : 2, { ...attributes, direction })
  const part = (name: string, axis: number, i: number): string =>
    scope.op('Squeeze', [
      count === 1 ? name : scope.op('Slice', [name, scope.ints(i), scope.ints(i + 1), scope.ints(axis)]),
      scope.ints(axis),
    ])
  const sequences = wantsSequences
    ? layers.map((each, i) => {
        // [time, batch, units] → [batch, time, units]
        const rows = scope.op('Transpose', [part(outputs[0], 1, i)], { perm: [1, 0, 2] })
        const isReversed = direction === 'reverse' || i === 1
        return maskedSequence(scope, x, rows, layer.units, isReversed, each.initial[0]?.name ?? null)
      })
    : []
  return { sequences, states: layers.map((_, i) => outputs.slice(1).map(name => part(name, 0, i))) }
}

/** The initial state that a call hands over, in the order h, c. */
const initialOf = (context: EdgeContext, prefix: string): Edge[] =>
  ['h', 'c'].map(name => context.get(`${prefix}.${name}`)).filter(edge => edge !== undefined)

/** Steps in reverse, as a layer that goes backwards gives them. */
const flipped = (scope: Scope, name: string): string =>
  scope.op('Slice', [name, scope.ints(-1), scope.ints(-(2 ** 31)), scope.ints(1), scope.ints(-1)])

function checkStateless(layer: Recurrent, scope: Scope): void {
  if (layer.config().stateful === true)
    scope.refuse('is stateful: ONNX keeps nothing from one run to the next.')
}

function writeRecurrent(layer: Recurrent, { inputs, context, scope }: Application): Edge[] {
  checkStateless(layer, scope)
  const { returnSequences, returnState, goBackwards } = layer.config()
  const x = scope.plain(inputs[0])
  const direction = goBackwards === true ? 'reverse' : 'forward'
  const initial = initialOf(context, 'initialState')
  const { sequences, states } = writeRecurrence(
    [{ layer, scope, initial }],
    x,
    scope,
    direction,
    returnSequences === true,
  )
  const [batch, time] = x.shape
  const state = (name: string): Edge => ({ ...x, name, shape: [batch, layer.units], mask: null })
  let output = state(states[0][0])
  if (returnSequences === true) {
    const inOrder: Edge = { ...x, name: sequences[0], shape: [batch, time, layer.units] }
    const mask = x.mask === null ? null : flipped(scope, x.mask)
    output = goBackwards === true ? { ...inOrder, name: flipped(scope, sequences[0]), mask } : inOrder
  }
  return returnState === true ? [output, ...states[0].map(state)] : [output]
}

function writeBidirectional(layer: Bidirectional, { inputs, context, scope }: Application): Edge[] {
  const { forwardLayer, backwardLayer, mergeMode } = layer
  checkStateless(forwardLayer, scope)
  const { returnSequences, returnState } = forwardLayer.config()
  const x = scope.plain(inputs[0])
  const written = writeRecurrence(
    [
      {
        layer: forwardLayer,
        scope: scope.inside('forwardLayer'),
        initial: initialOf(context, 'initialState.0'),
      },
      {
        layer: backwardLayer,
        scope: scope.inside('backwardLayer'),
        initial: initialOf(context, 'initialState.1'),
      },
    ],
    x,
    scope,
    'bidirectional',
    returnSequences === true,
  )
  const { units } = forwardLayer
  const [batch, time] = x.shape
  const isSequence = returnSequences === true
  const parts = isSequence ? written.sequences : written.states.map(([h]) => h)
  const shape = (size: number) => (isSequence ? [batch, time, size] : [batch, size])
  const edge = (name: string, size: number): Edge => ({
    ...x,
    name,
    shape: shape(size),
    mask: isSequence ? x.mask : null,
  })
  const states = written.states
    .flat()
    .map((name): Edge => ({ ...x, name, shape: [batch, units], mask: null }))
  const merged = mergeParts(scope, mergeMode, parts).map(name =>
    edge(name, mergeMode === 'concat' ? 2 * units : units),
  )
  return returnState === true ? [...merged, ...states] : merged
}

function mergeParts(scope: Scope, mode: string, parts: readonly string[]): readonly string[] {
  if (mode === 'none') return parts
  if (mode === 'concat') return [scope.op('Concat', parts, { axis: -1 })]
  if (mode === 'mul') return [scope.op('Mul', parts)]
  const sum = scope.op('Add', parts)
  return [mode === 'ave' ? scope.op('Mul', [sum, scope.float(0.5)]) : sum]
}

export const addRecurrentLayers = (exporters: Exporters): Exporters =>
  exporters
    .add(Bidirectional, writeBidirectional)
    .add(GRU, writeRecurrent)
    .add(LSTM, writeRecurrent)
    .add(SimpleRNN, writeRecurrent)
