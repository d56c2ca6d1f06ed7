import './complete.ts'

export * from './errors.ts'
export { getDevice, setDevice, useDeterministic, withDevice } from './engine/device.ts'
export { device, type GpuOptions, type GpuStatus, useGpu } from './engine/gpu/use-gpu.ts'
export type { GpuMode } from './engine/gpu/library.ts'
export { type ThreadInfo, type ThreadOptions, threadInfo, useThreads } from './engine/threads/use-threads.ts'
export type { DeviceName } from './engine/engine.ts'
export type { DType } from './engine/dtype.ts'
export { Tensor, type NestedArray } from './tensor/tensor.ts'
export type { Shape } from './tensor/shape.ts'
export * from './tensor/creation.ts'
export * as random from './tensor/distributions.ts'
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './tensor/random.ts'
export { backward, type BackwardOptions } from './autodiff/backward.ts'
export { gradcheck, type GradcheckOptions } from './autodiff/gradcheck.ts'
export { grad, gradientsOf, valueAndGrad, vjp } from './autodiff/grad.ts'
export { type DerivativeOptions, hvp, jvp } from './autodiff/jvp.ts'
export { hessian, jacobian } from './autodiff/jacobian.ts'
export { checkpoint } from './autodiff/checkpoint.ts'
export { detectAnomaly } from './autodiff/anomaly.ts'
export { vmap, type VmapOptions } from './autodiff/vmap.ts'
export { customGradient, type CustomGradientSpec } from './autodiff/custom.ts'
export { enableGrad, noGrad } from './autodiff/mode.ts'
export * from './ops/arithmetic.ts'
export * from './ops/compare.ts'
export * from './ops/unary.ts'
export * from './ops/parametric.ts'
export * from './ops/logic.ts'
export * from './ops/reduce.ts'
export type { ReduceOptions } from './ops/reduced-axes.ts'
export * from './ops/statistics.ts'
export * from './ops/argmax.ts'
export * from './ops/truth.ts'
export { expandDims, reshape, squeeze } from './ops/reshape.ts'
export { permute, transpose } from './ops/permute.ts'
export { broadcastTo } from './ops/broadcast-to.ts'
export { where } from './ops/where.ts'
export { as } from './ops/as.ts'
export { cast } from './ops/cast.ts'
export { matmul, type MatmulOptions, outer } from './ops/matmul.ts'
export { linear } from './ops/linear.ts'
export { logSoftmax, softmax } from './ops/softmax.ts'
export { type AttentionOptions, attentionWeights, scaledDotProductAttention } from './ops/attention.ts'
export { rotaryEmbedding, type RotaryOptions } from './ops/rotary.ts'
export { layerNorm, type LayerNormOptions, rmsNorm, type RmsNormOptions } from './ops/norm-rows.ts'
export {
  batchNorm,
  type BatchNormOptions,
  type BatchNormResult,
  groupNorm,
  type GroupNormOptions,
} from './ops/norm-groups.ts'
export { flip, slice, type Range } from './ops/slice.ts'
export { concat, split, stack } from './ops/concat.ts'
export { pad, roll, tile } from './ops/arrange.ts'
export { tril, triu, type TriangleOptions } from './ops/triangle.ts'
export { gather, oneHot, scatterAdd, takeAlongAxis } from './ops/gather.ts'
export {
  type Convolution1dOptions,
  type Convolution2dOptions,
  convolve1d,
  convolve2d,
  convolveDepthwise2d,
  convolveTransposed2d,
  type TransposedConvolutionOptions,
} from './ops/convolve.ts'
export {
  type AverageOptions,
  averagePool1d,
  averagePool2d,
  maxPool1d,
  maxPool2d,
  type Pool1dOptions,
  type Pool2dOptions,
} from './ops/pool.ts'
export { upsample2d, type Upsample2dOptions } from './ops/upsample.ts'
export type { AxisPadding, DataFormat, Padding2d, Pair } from './ops/window.ts'
export { gatherNd, index, type Index, take } from './ops/take.ts'
export { indexAdd, scatter, scatterNd, type ScatterOptions, type ScatterReduction } from './ops/scatter.ts'
export { maskedFill, maskedSelect, nonzero } from './ops/mask.ts'
export { diag } from './ops/diagonal.ts'
export { bincount, type BincountOptions, unique, type Unique } from './ops/count.ts'
export { cumsum } from './ops/cumsum.ts'
export { cumprod } from './ops/cumprod.ts'
export { argsort, sort, type Sorted, topk } from './ops/sort.ts'
export * as linalg from './ops/linalg/index.ts'
export { einsum } from './ops/einsum.ts'
export { assign, clone, detach } from './ops/detach.ts'
export { sigmoidCrossEntropy } from './ops/cross-entropy.ts'
export * from './nn/index.ts'

export * as inspect from './inspect/index.ts'
export { explain } from './explain.ts'
export type { Explanation, ExplanationRow } from './inspect/explain.ts'
export type { Attribution, TargetOptions } from './attribution/scores.ts'
export type { SaliencyOptions } from './attribution/saliency.ts'
export type { IntegratedAttribution, IntegratedGradientsOptions } from './attribution/integrated-gradients.ts'
export type { OcclusionOptions } from './attribution/occlusion.ts'
export type { GateTrace, GateTraceOptions } from './attribution/gate-trace.ts'
export type { WordColoursOptions } from './attribution/word-colours.ts'
export { type Profile, profile, type ProfileOptions, type ProfileRow } from './inspect/profile.ts'
export type { ActivationReport, ActivationRow } from './inspect/activations.ts'
export type { GradientReport, GradientRow } from './inspect/gradients.ts'
export type { GraphOptions } from './inspect/draw-graph.ts'
export type { Distribution, Histogram } from './inspect/distribution.ts'
export { Model, type ModelResult, type OutputActivation, type Prediction } from './train/model.ts'
export type { CompileOptions, PerOutput } from './train/compiled.ts'
export { Sequential, sequential, type SequentialOptions } from './train/sequential.ts'
export { Functional, type FunctionalOptions, model } from './train/functional/functional.ts'
export type { Graph } from './train/functional/graph.ts'
export type { FitOptions } from './train/fit.ts'
export type { TrainingEvent } from './train/fit-events.ts'
export type { TrainingWorker, WorkerOptions } from './train/worker/hook.ts'
export { serveTraining } from './train/worker/serve.ts'
export type { EvaluateOptions } from './train/evaluate.ts'
export type { PredictAsyncOptions, PredictOptions } from './train/predict.ts'
export { type BestEpoch, History, type Logs } from './train/history.ts'
export type { MonitorMode } from './train/monitor.ts'
export type { Callback, FitControl, FitInfo, TrainEnd } from './train/callback.ts'
export type {
  Batches,
  BatchInput,
  DataBatch,
  InputBatch,
  ResumableBatches,
} from './train/source/batches.ts'
export type { CheckpointOptions } from './train/checkpoint/options.ts'
export {
  type CheckpointParts,
  loadCheckpoint,
  restoreCheckpoint,
  saveCheckpoint,
  serializeCheckpoint,
} from './train/checkpoint/manual.ts'
export type { StateTree } from './io/state-tree.ts'
export { type ByteStore, memoryStore } from './io/byte-store.ts'
export { directoryStore } from './io/directory-store.ts'
export { csvLogger, type CsvLoggerOptions } from './train/callbacks/csv-logger.ts'
export { earlyStopping, type EarlyStoppingOptions } from './train/callbacks/early-stopping.ts'
export { jsonlLogger, type JsonlLoggerOptions } from './train/callbacks/jsonl-logger.ts'
export { lambdaCallback } from './train/callbacks/lambda-callback.ts'
export { learningRateScheduler } from './train/callbacks/learning-rate-scheduler.ts'
export { modelCheckpoint, type ModelCheckpointOptions } from './train/callbacks/model-checkpoint.ts'
export { htmlReport, type HtmlReportOptions } from './train/callbacks/report/html-report.ts'
export { sparkline, sparklines, type SparklinesOptions } from './train/callbacks/sparkline.ts'
export { tensorBoard, type TensorBoardOptions } from './train/callbacks/tensorboard/tensor-board.ts'
export { terminateOnNaN } from './train/callbacks/terminate-on-nan.ts'
export { progress, type ProgressOutput } from './train/progress.ts'
export { reduceLrOnPlateau, type ReduceLrOptions } from './train/reduce-lr-on-plateau.ts'
export type { ExampleWeights } from './train/example-weights.ts'
export type { DataInput, ModelData, ShapedData } from './data/rows.ts'
export {
  type BatchOptions,
  Dataset,
  dataset,
  type DatasetSource,
  type DatasetState,
  type ShuffleOptions,
} from './data/dataset.ts'
export type { BucketOptions } from './data/bucket.ts'
export type { Collated, Example, ExampleValue } from './data/collate.ts'
export { type Columns, type FoldOptions, kFold, splitExamples, type SplitOptions } from './data/split.ts'
export { StandardScaler } from './data/preprocess/standard-scaler.ts'
export { MinMaxScaler, type MinMaxScalerOptions } from './data/preprocess/min-max-scaler.ts'
export { type Label, LabelEncoder } from './data/preprocess/label-encoder.ts'
export { OneHotEncoder, type OneHotEncoderOptions } from './data/preprocess/one-hot-encoder.ts'

export { type Text, Tokenizer } from './text/tokenizer.ts'
export type { TokenizerOptions } from './text/tokenizer-options.ts'
export { padSequences, type PadOptions, type PaddedSequences } from './text/pad-sequences.ts'
export { textToWordSequence } from './text/text-to-words.ts'
export type { LossFunction, LossOptions, Reduction } from './losses/loss.ts'
export { meanSquaredError, type RegressionLossOptions } from './losses/mean-squared-error.ts'
export { meanAbsoluteError } from './losses/mean-absolute-error.ts'
export { meanAbsolutePercentageError, meanSquaredLogarithmicError } from './losses/relative-errors.ts'
export { categoricalHinge } from './losses/categorical-hinge.ts'
export { ctcLoss, type CtcOptions } from './losses/ctc.ts'
export { binaryCrossentropy, type BinaryCrossentropyOptions } from './losses/binary-crossentropy.ts'
export { categoricalCrossentropy } from './losses/categorical-crossentropy.ts'
export type { CategoricalLossOptions } from './losses/classes.ts'
export {
  sparseCategoricalCrossentropy,
  type SparseCategoricalCrossentropyOptions,
} from './losses/sparse-categorical-crossentropy.ts'
export {
  negativeLogLikelihood,
  type NegativeLogLikelihoodOptions,
} from './losses/negative-log-likelihood.ts'
export { huber, type HuberOptions, smoothL1, type SmoothL1Options } from './losses/huber.ts'
export { logCosh } from './losses/log-cosh.ts'
export { hinge, type HingeOptions, squaredHinge } from './losses/hinge.ts'
export { klDivergence, type KlDivergenceOptions } from './losses/kl-divergence.ts'
export { cosineSimilarity, type CosineSimilarityOptions } from './losses/cosine-similarity.ts'
export { poisson, type PoissonOptions } from './losses/poisson.ts'
export { lossByName, type LossName } from './losses/by-name.ts'
export { type CustomLoss, type LossLike, resolveLoss, withLossOptions } from './losses/resolve.ts'
export { Optimizer, type OptimizerOptions } from './optim/optimizer.ts'
export { type GroupOptions, ParameterGroup, type Updated } from './optim/groups.ts'
export type { OptimizerState } from './optim/state.ts'
export type { ParameterSource } from './optim/parameters.ts'
export { SGD, type SGDOptions } from './optim/sgd.ts'
export { Adam, type AdamOptions } from './optim/adam.ts'
export { AdamW } from './optim/adamw.ts'
export { Adamax, type AdamaxOptions } from './optim/adamax.ts'
export { NAdam, type NAdamOptions } from './optim/nadam.ts'
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts'
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts'
export { Adadelta, type AdadeltaOptions } from './optim/adadelta.ts'
export { Lion, type LionOptions } from './optim/lion.ts'
export { Muon, type MuonOptions } from './optim/muon.ts'
export type { ConfigValue, Schedule, ScheduleConfig } from './optim/schedules/schedule.ts'
export * from './optim/schedules/decay.ts'
export * from './optim/schedules/cosine.ts'
export * from './optim/schedules/compose.ts'
export { scheduleFromConfig } from './optim/schedules/resolve.ts'
export { WeightAverage, type WeightAverageOptions, type WeightAverageState } from './optim/weight-average.ts'
export { clipGradNorm, type ClipGradNormOptions, clipGradValue } from './optim/clip.ts'
export { optimizerByName, type OptimizerName } from './optim/by-name.ts'
export {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  lion,
  muon,
  nadam,
  type OptimizerLike,
  type OptimizerSpec,
  resolveOptimizer,
  rmsprop,
  sgd,
} from './optim/resolve.ts'
export { Mean, type Metric } from './metrics/metric.ts'
export * from './metrics/accuracy.ts'
export * from './metrics/errors-of-numbers.ts'
export { auc, type AucOptions } from './metrics/auc.ts'
export { ConfusionMatrix, confusionMatrix, type ConfusionMatrixOptions } from './metrics/confusion-matrix.ts'
export { perplexity, type PerplexityOptions } from './metrics/perplexity.ts'
export { f1Score, precision, type PrecisionRecallOptions, recall } from './metrics/precision-recall.ts'
export { topKAccuracy, type TopKAccuracyOptions } from './metrics/top-k-accuracy.ts'
export { accuracy, type MetricName } from './metrics/by-name.ts'
export { type MetricContext, type MetricFunction, type MetricLike, resolveMetric } from './metrics/resolve.ts'

export { load, type LoadSource } from './io/load.ts'
export { type FileRecord, type SavedDirectory, saveModel, type SaveTarget } from './io/save.ts'
export { type BlobSource, modelToBlob } from './io/blob.ts'
export { indexedDbStore } from './io/indexed-db.ts'
export { opfsStore } from './io/opfs-store.ts'
export type { Fetch, FetchedResponse } from './io/fetch.ts'
export {
  deserializeModel,
  type Loaded,
  type LoadOptions,
  type SaveOptions,
  serializeModel,
} from './io/serialize.ts'
export type { LayerClass, LayerClasses } from './io/layer-table.ts'
export type { LayerEntry, ModelConfig, SequentialConfig } from './io/model-config.ts'
export type { CallEntry, FunctionalConfig, InputEntry, Place } from './io/graph-config.ts'
export type { LoadedModel } from './io/model-build.ts'
export { deserializeStateDict, type Metadata, serializeStateDict } from './io/state-dict.ts'
export { type RawTensor, readSafetensors, type SafetensorsFile } from './io/safetensors.ts'
export { writeSafetensors } from './io/safetensors-writer.ts'
