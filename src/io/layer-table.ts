import { ValueError } from '../errors.ts'
import { Activation } from '../nn/activation.ts'
import { Bidirectional } from '../nn/bidirectional.ts'
import { Dense } from '../nn/dense.ts'
import { Dropout } from '../nn/dropout.ts'
import { Embedding } from '../nn/embedding.ts'
import { Flatten } from '../nn/flatten.ts'
import { GRU } from '../nn/gru.ts'
import { innerOptions } from '../nn/inner-layer.ts'
import type { Layer, LayerConfig } from '../nn/layer.ts'
import { LSTM } from '../nn/lstm.ts'
import type { Module } from '../nn/module.ts'
import { RepeatVector } from '../nn/repeat-vector.ts'
import { SimpleRNN } from '../nn/simple-rnn.ts'
import { TimeDistributed } from '../nn/time-distributed.ts'
import type { Shape } from '../tensor/shape.ts'
import { convolutionLayers } from './convolution-layers.ts'
import { mergeLayers } from './merge-layers.ts'
import { shapeLayers } from './shape-layers.ts'
import { transformerLayers } from './transformer-layers.ts'

/**
 * A layer class that `load` can make layers of: by `static fromConfig(config)` where it has one, else by
 * `new Class(config)`. The config is what the layer's `config()` returned when it was saved.
 */
export interface LayerClass {
  new (config: never): Module<unknown>
  fromConfig?(config: LayerConfig): Module<unknown>
}

/** Custom layer classes by the name under which they were saved: `{ Residual }`. */
export type LayerClasses = Readonly<Record<string, LayerClass>>

/** Reads a config that is still unchecked. */
export interface ConfigReader {
  /** A whole number ≥ 1. */
  count(option: string): number
  /** So many whole numbers ≥ 1. */
  counts(option: string, length: number): number[]
  /** Whether the option has this value. */
  is(option: string, value: unknown): boolean
}

/** What `load` must know of a built-in layer before it makes one. */
export interface BuiltInLayer {
  readonly layer: LayerClass
  /** Types of its options that differ from what `optionTypes` says. */
  readonly types?: Readonly<Record<string, 'boolean' | 'number' | 'string'>>
  /** Shapes of the parameters, so that the file bounds what is allocated. */
  readonly parameters: (config: ConfigReader) => readonly (readonly [name: string, shape: Shape])[]
}

/** The layers that need not be passed to `load`: a new one adds its line here. */
export const layerTable: ReadonlyMap<string, BuiltInLayer> = new Map<string, BuiltInLayer>([
  ...convolutionLayers,
  ...mergeLayers,
  ...shapeLayers,
  ...transformerLayers,
  ['Activation', { layer: Activation, parameters: () => [] }],
  [
    'Bidirectional',
    {
      layer: Bidirectional,
      parameters: config => innerParameters(config, ['forwardLayer', 'backwardLayer']),
    },
  ],
  ['Dense', { layer: Dense, parameters: denseParameters }],
  ['Dropout', { layer: Dropout, parameters: () => [] }],
  ['Embedding', { layer: Embedding, parameters: embeddingParameters }],
  ['Flatten', { layer: Flatten, parameters: () => [] }],
  ['GRU', { layer: GRU, parameters: gruParameters }],
  ['LSTM', { layer: LSTM, parameters: config => recurrentParameters(config, 4) }],
  ['RepeatVector', { layer: RepeatVector, parameters: () => [] }],
  ['SimpleRNN', { layer: SimpleRNN, parameters: config => recurrentParameters(config, 1) }],
  [
    'TimeDistributed',
    {
      layer: Object.assign(TimeDistributed, { fromConfig: timeDistributedFrom }),
      parameters: config => innerParameters(config, ['layer']),
    },
  ],
])

/** Type of each option whose constructor would take a value of another type for it. */
export const optionTypes: ReadonlyMap<string, 'boolean' | 'number' | 'string'> = new Map([
  ['name', 'string'],
  ['rate', 'number'],
  ['keepDims', 'boolean'],
  ['useBias', 'boolean'],
  ['scale', 'boolean'],
  ['center', 'boolean'],
  ['causal', 'boolean'],
  ['rotary', 'boolean'],
  ['normFirst', 'boolean'],
  ['crossAttention', 'boolean'],
  ['base', 'number'],
  ['maskZero', 'boolean'],
  ['lazyRows', 'boolean'],
  ['normalize', 'boolean'],
  ['returnSequences', 'boolean'],
  ['returnState', 'boolean'],
  ['goBackwards', 'boolean'],
  ['stateful', 'boolean'],
  ['resetAfter', 'boolean'],
  ['unitForgetBias', 'boolean'],
])

function denseParameters(config: ConfigReader): [string, Shape][] {
  const units = config.count('units')
  const kernel: [string, Shape] = ['kernel', [config.count('inputSize'), units]]
  return config.is('useBias', false) ? [kernel] : [kernel, ['bias', [units]]]
}

function embeddingParameters(config: ConfigReader): [string, Shape][] {
  return [['embeddings', [config.count('inputDim'), config.count('outputDim')]]]
}

/** LSTM and the simple recurrence: kernels of so many gates, and up to two biases. */
function recurrentParameters(config: ConfigReader, gates: number): [string, Shape][] {
  const units = config.count('units')
  const shapes: [string, Shape][] = [
    ['kernel', [config.count('inputSize'), gates * units]],
    ['recurrentKernel', [units, gates * units]],
  ]
  if (!config.is('bias', 'none')) shapes.push(['bias', [gates * units]])
  if (config.is('bias', 'separate')) shapes.push(['recurrentBias', [gates * units]])
  return shapes
}

function gruParameters(config: ConfigReader): [string, Shape][] {
  const units = config.count('units')
  const shapes: [string, Shape][] = [
    ['kernel', [config.count('inputSize'), 3 * units]],
    ['recurrentKernel', [units, 3 * units]],
  ]
  const bias: Shape = config.is('resetAfter', false) ? [3 * units] : [2, 3 * units]
  return config.is('useBias', false) ? shapes : [...shapes, ['bias', bias]]
}

/** What the layer inside another one holds; its options are called `layer.units` and so on there. */
function innerParameters(config: ConfigReader, places: readonly string[]): [string, Shape][] {
  const found = [...layerTable].find(([name]) => config.is('layerClass', name))
  const inside: ConfigReader = {
    count: option => config.count(`layer.${option}`),
    counts: (option, length) => config.counts(`layer.${option}`, length),
    is: (option, value) => config.is(`layer.${option}`, value),
  }
  const shapes = found?.[1].parameters(inside) ?? []
  return places.flatMap(place => shapes.map(([name, shape]): [string, Shape] => [`${place}.${name}`, shape]))
}

/** A TimeDistributed can have any built-in layer inside, which only this table knows. */
function timeDistributedFrom(config: LayerConfig): TimeDistributed {
  const made = layerTable.get(String(config.layerClass))?.layer
  const inner = innerOptions(config)
  const layer = made?.fromConfig?.(inner) ?? (made && new made(inner as never))
  return new TimeDistributed({ layer: layer as Layer, name: config.name as string })
}

/** The custom classes as a Map; the names of built-in layers stay theirs. */
export function customClasses(operation: string, layers: LayerClasses = {}): ReadonlyMap<string, LayerClass> {
  const classes = new Map(Object.entries(layers))
  for (const [name, layer] of classes) {
    if (typeof layer !== 'function') {
      throw new ValueError({
        operation,
        problem: `needs layer classes in layers, got ${layer === null ? 'null' : typeof layer} for "${name}".`,
        argument: 'layers',
        received: layer,
      })
    }
    if (!layerTable.has(name) && name !== 'Sequential') continue
    throw new ValueError({
      operation,
      problem: `cannot take a custom layer "${name}": a built-in layer has this name.`,
      hint: 'give the class a static className of its own, and save again.',
      argument: 'layers',
    })
  }
  return classes
}
