import { ELU, LeakyReLU, ReLU, Softmax, ThresholdedReLU } from '../../../nn/activation-layers.ts'
import { Activation } from '../../../nn/activation.ts'
import { BatchNormalization } from '../../../nn/batch-normalization.ts'
import { Dense } from '../../../nn/dense.ts'
import { Dropout } from '../../../nn/dropout.ts'
import { AlphaDropout, GaussianDropout } from '../../../nn/dropout-variants.ts'
import { Embedding } from '../../../nn/embedding.ts'
import { Flatten } from '../../../nn/flatten.ts'
import { LayerNormalization } from '../../../nn/layer-normalization.ts'
import { Masking } from '../../../nn/masking.ts'
import { GaussianNoise, SpatialDropout1D } from '../../../nn/noise.ts'
import { PReLU } from '../../../nn/prelu.ts'
import { RepeatVector } from '../../../nn/repeat-vector.ts'
import { Rescaling } from '../../../nn/rescaling.ts'
import { Permute, Reshape } from '../../../nn/reshape.ts'
import { activation, axis, count, type Field, flag, number, sizes, word } from '../fields.ts'
import { rulesFor } from '../rules.ts'
import { unsupported } from '../unsupported.ts'
import { type LayerFormat, plain } from './format.ts'

const rate: Field = { codec: number }

const normalization = {
  epsilon: { codec: number, absent: 1e-3 },
  center: { codec: flag, absent: true },
  scale: { codec: flag, absent: true },
  ...rulesFor('gamma', 'ones'),
  ...rulesFor('beta', 'zeros'),
}

const layerNormalization = plain(LayerNormalization, normalization)

/** Our layer normalises the last axis; which that is, is seen when the layer is built. */
const layerNormalizationFormat: LayerFormat = {
  read(config, at) {
    const last = axis.read(config.get('axis') ?? -1, `${at}.axis`)
    const layer = layerNormalization.read(config, at) as LayerNormalization
    if (last === -1) return layer
    const outputShape = layer.outputShape.bind(layer)
    return Object.assign(layer, {
      outputShape(shape: readonly number[]) {
        if (last !== shape.length)
          throw unsupported(`${at}.axis`, 'normalises another axis than the last one')
        return outputShape(shape)
      },
    })
  },
  write: config => ({ axis: -1, ...layerNormalization.write(config) }),
}

/** Layers without windows or recurrence. */
export const coreLayers: Readonly<Record<string, LayerFormat>> = {
  Activation: plain(Activation, { activation: { codec: activation } }),
  AlphaDropout: plain(AlphaDropout, { rate }),
  BatchNormalization: plain(BatchNormalization, {
    axis: { codec: axis, absent: -1 },
    momentum: { codec: number, absent: 0.99 },
    ...normalization,
  }),
  Dense: plain(Dense, {
    units: { codec: count },
    activation: { codec: activation, absent: 'linear' },
    useBias: { codec: flag, absent: true },
    ...rulesFor('kernel', 'glorotNormal'),
    ...rulesFor('bias', 'zeros'),
  }),
  Dropout: plain(Dropout, { rate }),
  ELU: plain(ELU, { alpha: { codec: number, absent: 1 } }),
  Embedding: plain(Embedding, {
    inputDim: { codec: count },
    outputDim: { codec: count },
    maskZero: { codec: flag, absent: false },
    ...rulesFor('embeddings', 'uniform'),
  }),
  Flatten: plain(Flatten, { dataFormat: { codec: word('channelsLast', 'channelsFirst') } }),
  GaussianDropout: plain(GaussianDropout, { rate }),
  GaussianNoise: plain(GaussianNoise, { stddev: { codec: number } }),
  LayerNormalization: layerNormalizationFormat,
  LeakyReLU: plain(LeakyReLU, { negativeSlope: { codec: number, theirName: 'alpha', absent: 0.3 } }),
  Masking: plain(Masking, { maskValue: { codec: number, absent: 0 } }),
  Permute: plain(Permute, { dims: { codec: sizes } }),
  PReLU: plain(PReLU, { sharedAxes: { codec: sizes }, ...rulesFor('alpha', 'zeros') }),
  ReLU: plain(ReLU, {
    maxValue: { codec: number },
    negativeSlope: { codec: number },
    threshold: { codec: number },
  }),
  RepeatVector: plain(RepeatVector, { times: { codec: count, theirName: 'n' } }),
  Rescaling: plain(Rescaling, { scale: { codec: number }, offset: { codec: number, absent: 0 } }),
  Reshape: plain(Reshape, { targetShape: { codec: sizes } }),
  Softmax: plain(Softmax, { axis: { codec: axis, absent: -1 } }),
  SpatialDropout1D: plain(SpatialDropout1D, { rate }),
  ThresholdedReLU: plain(ThresholdedReLU, { theta: { codec: number, absent: 1 } }),
}
