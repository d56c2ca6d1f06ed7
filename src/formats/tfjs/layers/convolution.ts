import { Conv1D, Conv2D } from '../../../nn/conv.ts'
import { Conv2DTranspose } from '../../../nn/conv-transpose.ts'
import { DepthwiseConv2D, SeparableConv2D } from '../../../nn/depthwise-conv.ts'
import {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
} from '../../../nn/global-pooling.ts'
import { Cropping2D, ZeroPadding2D } from '../../../nn/padding.ts'
import { AveragePooling1D, AveragePooling2D, MaxPooling1D, MaxPooling2D } from '../../../nn/pooling.ts'
import { UpSampling2D } from '../../../nn/up-sampling.ts'
import { show } from '../../../io/refuse.ts'
import {
  activation,
  type Codec,
  count,
  type Field,
  type Fields,
  flag,
  margins,
  size1,
  size2,
  word,
} from '../fields.ts'
import { rulesFor } from '../rules.ts'
import { notExpressed, unsupported } from '../unsupported.ts'
import { type LayerConstructor, type LayerFormat, plain } from './format.ts'

const dataFormat: Field = { codec: word('channelsLast', 'channelsFirst'), absent: 'channelsLast' }
const padding: Field = { codec: word('valid', 'same'), absent: 'valid' }

const convolution: Fields = {
  activation: { codec: activation, absent: 'linear' },
  useBias: { codec: flag, absent: true },
  ...rulesFor('bias', 'zeros'),
}

const filters: Fields = {
  filters: { codec: count },
  ...convolution,
}

/** Windows over images. */
const windows: Fields = {
  kernelSize: { codec: size2 },
  strides: { codec: size2, absent: 1 },
  padding,
  dataFormat,
  dilationRate: { codec: size2, absent: 1 },
}

const depthwise: Fields = {
  depthMultiplier: { codec: count, absent: 1 },
  ...rulesFor('depthwise', 'glorotNormal'),
}

/** Pooling windows are as far apart as they are long, where the file does not say otherwise. */
const pooling = (layer: LayerConstructor, axes: 1 | 2): LayerFormat => {
  const format = plain(layer, {
    poolSize: { codec: axes === 1 ? size1(true) : size2, absent: 2 },
    strides: { codec: axes === 1 ? size1(true) : size2 },
    padding,
    ...(axes === 2 ? { dataFormat } : {}),
  })
  return {
    read: format.read,
    write: config => format.write({ ...config, strides: config.strides ?? config.poolSize ?? 2 }),
  }
}

const globalPooling2d: Fields = { dataFormat, keepDims: { codec: flag, theirName: 'keepdims' } }
const globalPooling1d: Fields = { keepDims: { codec: flag, theirName: 'keepdims' } }

/** TensorFlow.js takes its samples elsewhere than our layer, where it interpolates. */
const interpolation: Codec = {
  read(value, at) {
    if (value === 'nearest') return value
    throw unsupported(at, `is ${show(value)}, which takes samples at other places than this library`)
  },
  write(value) {
    if (value === 'nearest') return value
    throw notExpressed([`UpSampling2D with interpolation ${show(value)}`], "use interpolation: 'nearest'.")
  },
}

/** Convolutions, poolings and what changes the size of images. */
export const convolutionLayers: Readonly<Record<string, LayerFormat>> = {
  AveragePooling1D: pooling(AveragePooling1D, 1),
  AveragePooling2D: pooling(AveragePooling2D, 2),
  Conv1D: plain(Conv1D, {
    ...filters,
    kernelSize: { codec: size1(true) },
    strides: { codec: size1(true), absent: 1 },
    padding: { codec: word('valid', 'same', 'causal'), absent: 'valid' },
    dataFormat,
    dilationRate: { codec: size1(true), absent: 1 },
    groups: { codec: count },
    ...rulesFor('kernel', 'glorotNormal'),
  }),
  Conv2D: plain(Conv2D, {
    ...filters,
    ...windows,
    groups: { codec: count },
    ...rulesFor('kernel', 'glorotNormal'),
  }),
  Conv2DTranspose: plain(Conv2DTranspose, {
    ...filters,
    ...windows,
    outputPadding: { codec: size2 },
    ...rulesFor('kernel', 'glorotNormal'),
  }),
  Cropping2D: plain(Cropping2D, { cropping: { codec: margins, absent: 0 }, dataFormat }),
  DepthwiseConv2D: plain(DepthwiseConv2D, { ...convolution, ...windows, ...depthwise }),
  GlobalAveragePooling1D: plain(GlobalAveragePooling1D, globalPooling1d),
  GlobalAveragePooling2D: plain(GlobalAveragePooling2D, globalPooling2d),
  GlobalMaxPooling1D: plain(GlobalMaxPooling1D, globalPooling1d),
  GlobalMaxPooling2D: plain(GlobalMaxPooling2D, globalPooling2d),
  MaxPooling1D: pooling(MaxPooling1D, 1),
  MaxPooling2D: pooling(MaxPooling2D, 2),
  SeparableConv2D: plain(SeparableConv2D, {
    ...filters,
    ...windows,
    ...depthwise,
    ...rulesFor('pointwise', 'glorotNormal'),
  }),
  UpSampling2D: plain(UpSampling2D, {
    size: { codec: size2, absent: 2 },
    interpolation: { codec: interpolation, absent: 'nearest' },
    dataFormat,
  }),
  ZeroPadding2D: plain(ZeroPadding2D, { padding: { codec: margins, absent: 1 }, dataFormat }),
}
