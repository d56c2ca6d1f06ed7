import { refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { Bidirectional } from '../../nn/bidirectional.ts'
import { Layer } from '../../nn/layer.ts'
import type { Module } from '../../nn/module.ts'
import { TimeDistributed } from '../../nn/time-distributed.ts'
import { formatShape, sameShape } from '../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../tensor/tensor.ts'
import { isNested } from './nested.ts'
import { snakeCase } from './fields.ts'
import type { Weight } from './manifest.ts'

/** Name of a layer's tensor in a file: `kernel`, `forward_lstm/recurrent_kernel`. */
function theirName(layer: Module<unknown>, name: string, innerName: string): string {
  if (layer instanceof Bidirectional) {
    const [direction, ...rest] = name.split('.')
    const prefix = direction === 'forwardLayer' ? 'forward' : 'backward'
    return `${prefix}_${innerName}/${snakeCase(rest.join('.'))}`
  }
  return snakeCase(layer instanceof TimeDistributed ? name.replace(/^layer\./, '') : name)
}

/** A layer of a model, and what it is called in the file. */
export interface NamedLayer {
  readonly layer: Module<unknown>
  /** The layer's name in the file. */
  readonly name: string
  /** The name of the layer inside a Bidirectional. */
  readonly innerName: string
  /** What the names of its tensors begin with in the model. */
  readonly prefix: string
}

/** All layers that have tensors, in order; those of models among the layers, too. */
export function namedLayers(
  model: Module<unknown>,
  nameOf: (layer: Module<unknown>, name: string) => { readonly name: string; readonly innerName: string },
  prefix = '',
): readonly NamedLayer[] {
  if (!isNested(model)) return []
  return model.namedLayers().flatMap(([name, layer]): readonly NamedLayer[] => {
    if (isNested(layer)) return namedLayers(layer, nameOf, `${prefix}${name}.`)
    return layer instanceof Layer ? [{ layer, prefix: `${prefix}${name}.`, ...nameOf(layer, name) }] : []
  })
}

/** The tensors of a file as a state of the model. */
export function stateOf(layers: readonly NamedLayer[], weights: readonly Weight[]): Map<string, Tensor> {
  const left = new Map(weights.map(weight => [weight.name, weight]))
  if (left.size !== weights.length) {
    const twice = weights.find((weight, i) => weights.findIndex(({ name }) => name === weight.name) !== i)
    refuseModel('weightsManifest', `the tensor ${show(twice?.name)} comes twice`)
  }
  const short = new Map(weights.map(weight => [withoutCell(weight.name), weight]))
  const state = new Map<string, Tensor>()
  for (const { layer, name, innerName, prefix } of layers) {
    for (const [own, tensor] of layer.namedState()) {
      const wanted = `${name}/${theirName(layer, own, innerName)}`
      const weight = left.get(wanted) ?? short.get(wanted)
      if (weight === undefined || !left.delete(weight.name))
        return refuseModel(`tensor ${show(wanted)}`, 'it is missing, the model needs it')
      if (!sameShape(weight.shape, tensor.shape)) {
        refuseModel(
          `tensor ${show(weight.name)}`,
          `it has the shape ${formatShape(weight.shape)}, but the model needs ${formatShape(tensor.shape)}`,
        )
      }
      state.set(`${prefix}${own}`, fromCold(weight.values, weight.shape, 'float32'))
    }
  }
  return state
}

/** `lstm/lstm_cell_1/kernel` → `lstm/kernel`: Keras puts the cell between. */
function withoutCell(name: string): string {
  const parts = name.split('/')
  return parts.length < 3 ? name : [...parts.slice(0, -2), parts[parts.length - 1]].join('/')
}

/** The tensors of a model as a file has them. */
export function weightsOf(layers: readonly NamedLayer[]): readonly Weight[] {
  return layers.flatMap(({ layer, name, innerName }) => {
    const state = layer.namedState()
    return [...state].flatMap(([own, tensor]): readonly Weight[] => {
      // Two biases are one there: their sum.
      if (own.endsWith('recurrentBias')) return []
      const other = state.get(own.replace(/bias$/, 'recurrentBias'))
      const isDouble = own.endsWith('bias') && other !== undefined
      const values = tensor.data()
      if (isDouble)
        other.data().forEach((value, i) => {
          values[i] += value
        })
      return [{ name: `${name}/${theirName(layer, own, innerName)}`, shape: tensor.shape, values }]
    })
  })
}
