import { readRecord, readString } from '../../../io/plain-json.ts'
import { blameFile, refuseModel } from '../../../io/refuse-model.ts'
import { show } from '../../../io/refuse.ts'
import { Bidirectional, type MergeMode } from '../../../nn/bidirectional.ts'
import { innerOptions } from '../../../nn/inner-layer.ts'
import { Layer, type LayerConfig } from '../../../nn/layer.ts'
import { Recurrent, type RecurrentOutput } from '../../../nn/recurrent.ts'
import { TimeDistributed } from '../../../nn/time-distributed.ts'
import { notExpressed, unsupported } from '../unsupported.ts'
import { convolutionLayers } from './convolution.ts'
import { coreLayers } from './core.ts'
import type { LayerFormat } from './format.ts'
import { mergeLayers } from './merge.ts'
import { recurrentLayers } from './recurrent.ts'

const MODES: readonly unknown[] = ['concat', 'sum', 'mul', 'ave', 'none']

/** The layer inside a wrapper. */
function readInner(config: ReadonlyMap<string, unknown>, at: string): object {
  const inner = readRecord(config.get('layer'), `${at}.layer`)
  const className = readString(inner.get('class_name'), `${at}.layer.class_name`)
  const options = readRecord(inner.get('config'), `${at}.layer.config`)
  const format = layerFormats.get(className)
  if (format === undefined) throw unsupported(`${at}.layer`, `is a ${show(className)}`)
  return format.read(options, `${at}.layer.config`)
}

/** What a wrapper's config says of the layer inside. */
function writeInner(config: LayerConfig, name: string) {
  const className = String(config.layerClass)
  const format = layerFormats.get(className)
  if (format === undefined) throw notExpressed([className])
  const inner = format.write(innerOptions(config))
  return { layer: { class_name: className, config: { name, trainable: true, ...inner } } }
}

const bidirectional: LayerFormat = {
  read(config, at) {
    const layer = readInner(config, at)
    const mode = config.get('merge_mode') ?? 'none'
    if (!(layer instanceof Recurrent) || !MODES.includes(mode))
      return refuseModel(at, `it wraps no recurrent layer with merge_mode ${show(mode)}`)
    return new Bidirectional<number, number, RecurrentOutput, MergeMode>({
      layer: layer as Recurrent<number, number>,
      mergeMode: mode as MergeMode,
    })
  },
  write: config => ({
    merge_mode: config.mergeMode === 'none' ? null : String(config.mergeMode),
    ...writeInner(config, `${String(config.name)}_inner`),
  }),
}

const timeDistributed: LayerFormat = {
  read(config, at) {
    const layer = readInner(config, at)
    if (layer instanceof Layer) return new TimeDistributed({ layer })
    return refuseModel(`${at}.layer`, 'it is no layer of one input')
  },
  write: config => writeInner(config, `${String(config.name)}_inner`),
}

/** How every layer that both sides know stands in a file. */
export const layerFormats: ReadonlyMap<string, LayerFormat> = new Map(
  Object.entries({
    ...coreLayers,
    ...convolutionLayers,
    ...mergeLayers,
    ...recurrentLayers,
    Bidirectional: bidirectional,
    TimeDistributed: timeDistributed,
  }),
)

/** Makes a layer of a file. */
export function readLayer(className: string, config: ReadonlyMap<string, unknown>, at: string): Layer {
  const regularizer = config.get('activity_regularizer') ?? null
  if (regularizer !== null)
    throw unsupported(`${at}.activity_regularizer`, 'asks for a penalty on activities')
  const format = layerFormats.get(className)
  if (format === undefined) throw unsupported(at, `is a ${show(className)}`)
  const layer = blameFile(at, false, () => format.read(config, at))
  if (!(layer instanceof Layer)) return refuseModel(at, `${show(className)} made no layer`)
  return layer
}
