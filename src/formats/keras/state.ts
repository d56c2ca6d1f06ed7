import { refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { Bidirectional } from '../../nn/bidirectional.ts'
import type { Module } from '../../nn/module.ts'
import { Parameter } from '../../nn/parameter.ts'
import { Recurrent } from '../../nn/recurrent.ts'
import { TimeDistributed } from '../../nn/time-distributed.ts'
import { formatShape, sameShape } from '../../tensor/shape.ts'
import { fromCold, type Tensor } from '../../tensor/tensor.ts'
import { isNested, type LayersModel } from '../tfjs/nested.ts'
import type { Dataset, H5Content } from './content.ts'

/** Tensors of a layer that stand together in a file, in Keras' order, which is also ours. */
export interface Group {
  /** Path of the group in a file of Keras 3: `layers/lstm/cell`. */
  readonly path: string
  /** The same where layers stand under their own names. */
  readonly namedPath: string
  /** Name in the model's state, and the tensor. */
  readonly tensors: readonly (readonly [name: string, tensor: Tensor])[]
}

/** `MaxPooling2D` → `max_pooling2d`, as Keras names the parts of a file. */
export const snakeName = (className: string): string =>
  className
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

/** What Keras calls the class of a layer. */
export const classOf = (module: Module<unknown>): string => module.className

/** The groups of a model, with the classes' names counted as Keras counts them. */
export function groupsOf(model: LayersModel, path = '', namedPath = '', prefix = ''): readonly Group[] {
  const used = new Map<string, number>()
  return model.namedLayers().flatMap(([name, module]) => {
    const base = snakeName(classOf(module))
    const count = used.get(base) ?? 0
    used.set(base, count + 1)
    const place = `${path}layers/${count === 0 ? base : `${base}_${count}`}`
    const named = `${namedPath}layers/${name}`
    const inner = `${prefix}${name}.`
    if (isNested(module)) return groupsOf(module, `${place}/`, `${named}/`, inner)
    return partsOf(module, place, named, inner)
  })
}

function partsOf(module: Module<unknown>, path: string, namedPath: string, prefix: string): readonly Group[] {
  if (module instanceof Bidirectional) {
    const { forwardLayer, backwardLayer } = module
    return [
      ...within(forwardLayer, 'forward_layer', 'forwardLayer', { path, namedPath, prefix }),
      ...within(backwardLayer, 'backward_layer', 'backwardLayer', { path, namedPath, prefix }),
    ]
  }
  if (module instanceof TimeDistributed) {
    return within(module.layer, 'layer', 'layer', { path, namedPath, prefix })
  }
  const tensors = [...module.namedState()].map(([name, tensor]) => [`${prefix}${name}`, tensor] as const)
  if (tensors.length === 0) return []
  const cell = module instanceof Recurrent ? '/cell' : ''
  return [{ path: `${path}${cell}`, namedPath: `${namedPath}${cell}`, tensors }]
}

const within = (
  module: Module<unknown>,
  theirs: string,
  ours: string,
  { path, namedPath, prefix }: { path: string; namedPath: string; prefix: string },
): readonly Group[] => partsOf(module, `${path}/${theirs}`, `${namedPath}/${theirs}`, `${prefix}${ours}.`)

/** The state of a model out of a file of Keras 3: `layers/dense/vars/0`. */
export function stateOfKeras3(model: LayersModel, { datasets }: H5Content): Map<string, Tensor> {
  const state = new Map<string, Tensor>()
  for (const { path, namedPath, tensors } of groupsOf(model)) {
    const place = [path, namedPath].find(candidate => datasets.has(`${candidate}/vars/0`)) ?? path
    for (const [i, [name, tensor]] of tensors.entries()) {
      state.set(name, tensorOf(datasets, `${place}/vars/${i}`, tensor))
    }
  }
  return state
}

/**
 * The state of a model out of a file of Keras 2: `layer_names` lists the layers, `weight_names` the tensors of each, those
 * that are trained first. Their names differ from version to version; their order does not.
 */
export function stateOfKeras2(
  model: LayersModel,
  content: H5Content,
  nameInFile: (module: Module<unknown>, name: string) => string,
): Map<string, Tensor> {
  const { lists, datasets } = content
  const root = lists.has('model_weights') ? 'model_weights' : ''
  const state = new Map<string, Tensor>()
  for (const [name, module] of model.namedLayers()) {
    const group = [root, nameInFile(module, name)].filter(part => part !== '').join('/')
    const weights = lists.get(group)?.get('weight_names') ?? []
    const own = stateNames(module, name)
    if (weights.length !== own.length) {
      refuseModel(group, `it holds ${weights.length} tensors, but layer ${show(name)} has ${own.length}`)
    }
    for (const [i, [ours, tensor]] of own.entries()) {
      state.set(ours, tensorOf(datasets, `${group}/${weights[i]}`, tensor))
    }
  }
  return state
}

/** The tensors of a layer, or of a model among the layers: trained ones first. */
export function stateNames(module: Module<unknown>, name: string): readonly (readonly [string, Tensor])[] {
  const all = [...module.namedState()].map(([inner, tensor]) => [`${name}.${inner}`, tensor] as const)
  const isTrained = ([, tensor]: (typeof all)[number]): boolean => tensor instanceof Parameter
  return [...all.filter(isTrained), ...all.filter(entry => !isTrained(entry))]
}

function tensorOf(datasets: ReadonlyMap<string, Dataset>, path: string, { shape }: Tensor): Tensor {
  const found = datasets.get(path)
  if (found === undefined) return refuseModel(path, 'the tensor is missing, the model needs it')
  if (!sameShape(found.shape, shape)) {
    refuseModel(
      path,
      `it has the shape ${formatShape(found.shape)}, but the model needs ${formatShape(shape)}`,
    )
  }
  return fromCold(found.values, shape, 'float32')
}
