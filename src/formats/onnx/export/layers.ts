import { addAttentionLayers } from './attention.ts'
import { addBasicLayers } from './basic.ts'
import { addConvolutionLayers } from './convolution.ts'
import { addElementwiseLayers } from './elementwise.ts'
import { Exporters } from './exporter.ts'
import { addMarginLayers } from './margins.ts'
import { addMergeLayers } from './merge.ts'
import { addNormalizationLayers } from './normalization.ts'
import { addRecurrentLayers } from './recurrent.ts'

/** Every layer that can be written: a new one adds its line to one of these. */
export const exporters: Exporters = [
  addAttentionLayers,
  addBasicLayers,
  addConvolutionLayers,
  addElementwiseLayers,
  addMarginLayers,
  addMergeLayers,
  addNormalizationLayers,
  addRecurrentLayers,
].reduce((all, add) => add(all), new Exporters())
