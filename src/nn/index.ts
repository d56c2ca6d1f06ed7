export { Module, type ForwardContext, type StateDict } from './module.ts'
export { Parameter } from './parameter.ts'
export {
  input,
  type InputOptions,
  type LayerCall,
  type SymbolicContext,
  type SymbolicOf,
  SymbolicTensor,
} from './graph/symbolic.ts'
export { Layer, type LayerConfig, type LayerOptions } from './layer.ts'
export type { ActivationName } from './activations.ts'
export type { InitializerLike, InitializerName } from './initializers.ts'
export type { InitializerConfig } from './initializer-config.ts'
export type { Regularizer } from './regularizers.ts'
export type { Constraint } from './constraints.ts'
export { type BiasRules, constrain, type KernelRules, penaltyOf } from './rules.ts'
export { Dense, dense, type DenseOptions } from './dense.ts'
export { Embedding, embedding, type EmbeddingOptions } from './embedding.ts'
export { LSTM, lstm, type LstmContext, type LstmLayerOptions, type LstmState } from './lstm.ts'
export { GRU, gru, type GruContext, type GruLayerOptions, type HiddenState } from './gru.ts'
export {
  Bidirectional,
  bidirectional,
  type BidirectionalContext,
  type BidirectionalOptions,
  type MergeMode,
} from './bidirectional.ts'
export { TimeDistributed, timeDistributed, type TimeDistributedOptions } from './time-distributed.ts'
export { RepeatVector, repeatVector, type RepeatVectorOptions } from './repeat-vector.ts'
export { SimpleRNN, simpleRNN, type SimpleRnnContext, type SimpleRnnOptions } from './simple-rnn.ts'
export {
  Recurrent,
  type RecurrentContext,
  type RecurrentLayerOptions,
  type RecurrentState,
} from './recurrent.ts'
export { Cell, type CellState, type CellStep, RNN, type RNNContext, type RNNOptions, rnn } from './rnn.ts'
export { Dropout, dropout, type DropoutOptions } from './dropout.ts'
export { Activation, activation, type ActivationOptions } from './activation.ts'
export { Flatten, flatten, type FlattenOptions } from './flatten.ts'
export { Add, Average, Maximum, Minimum, Multiply, Subtract } from './merge.ts'
export { MergeLayer } from './merge-layer.ts'
export { Concatenate, type ConcatenateOptions } from './concatenate.ts'
export { Dot, type DotOptions } from './dot.ts'
export { Masking, masking, type MaskingOptions } from './masking.ts'
export {
  ELU,
  type ELUOptions,
  LeakyReLU,
  type LeakyReLUOptions,
  ReLU,
  type ReLUOptions,
  Softmax,
  type SoftmaxOptions,
  ThresholdedReLU,
  type ThresholdedReLUOptions,
} from './activation-layers.ts'
export { PReLU, prelu, type PReLUOptions } from './prelu.ts'
export {
  Cropping1D,
  cropping1d,
  type Cropping1DOptions,
  Cropping2D,
  cropping2d,
  type Cropping2DOptions,
  type Margins1D,
  type Margins2D,
  ZeroPadding1D,
  zeroPadding1d,
  type ZeroPadding1DOptions,
  ZeroPadding2D,
  zeroPadding2d,
  type ZeroPadding2DOptions,
} from './padding.ts'
export {
  AlphaDropout,
  alphaDropout,
  GaussianDropout,
  gaussianDropout,
  type RateOptions,
  SpatialDropout2D,
  spatialDropout2d,
  type SpatialDropout2DOptions,
} from './dropout-variants.ts'
export { Rescaling, rescaling, type RescalingOptions } from './rescaling.ts'
export { ModuleBuffer } from './buffer.ts'
export { Permute, type PermuteOptions, Reshape, type ReshapeOptions } from './reshape.ts'
export {
  GaussianNoise,
  gaussianNoise,
  type GaussianNoiseOptions,
  SpatialDropout1D,
  spatialDropout1d,
  type SpatialDropout1DOptions,
} from './noise.ts'
export {
  LayerNormalization,
  layerNormalization,
  type LayerNormalizationOptions,
} from './layer-normalization.ts'
export { RMSNorm, rmsNormalization, type RMSNormOptions } from './rms-norm.ts'
export {
  GroupNormalization,
  groupNormalization,
  type GroupNormalizationOptions,
} from './group-normalization.ts'
export {
  BatchNormalization,
  batchNormalization,
  type BatchNormalizationOptions,
} from './batch-normalization.ts'
export {
  type AttentionContext,
  MultiHeadAttention,
  multiHeadAttention,
  type MultiHeadAttentionOptions,
} from './attention.ts'
export {
  TransformerEncoderLayer,
  transformerEncoderLayer,
  type TransformerEncoderOptions,
} from './transformer-encoder.ts'
export {
  type DecoderContext,
  TransformerDecoderLayer,
  transformerDecoderLayer,
  type TransformerDecoderOptions,
} from './transformer-decoder.ts'
export {
  PositionEmbedding,
  positionEmbedding,
  type PositionEmbeddingOptions,
  SinusoidalPositionEncoding,
  sinusoidalPositionEncoding,
  type SinusoidalPositionOptions,
  sinusoidalPositions,
} from './positions.ts'
export { Conv1D, type Conv1DOptions, conv1d, Conv2D, type Conv2DOptions, conv2d } from './conv.ts'
export { Conv2DTranspose, type Conv2DTransposeOptions, conv2dTranspose } from './conv-transpose.ts'
export {
  DepthwiseConv2D,
  type DepthwiseConv2DOptions,
  depthwiseConv2d,
  SeparableConv2D,
  type SeparableConv2DOptions,
  separableConv2d,
} from './depthwise-conv.ts'
export {
  AveragePooling1D,
  AveragePooling2D,
  averagePooling1d,
  averagePooling2d,
  MaxPooling1D,
  MaxPooling2D,
  maxPooling1d,
  maxPooling2d,
  type Pooling1DOptions,
  type Pooling2DOptions,
} from './pooling.ts'
export {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  type GlobalPoolingOptions,
} from './global-pooling.ts'
export { UpSampling2D, type UpSampling2DOptions, upSampling2d } from './up-sampling.ts'
