import { noGrad } from '../autodiff/mode.ts'
import type { ModelData } from '../data/rows.ts'
import { BuildError } from '../errors.ts'
import { type ForwardContext, Module } from '../nn/module.ts'
import { refuseUnknown } from '../nn/options.ts'
import { Optimizer } from '../optim/optimizer.ts'
import { resolveOptimizer } from '../optim/resolve.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Compiled, type CompileOptions, compileOutputs } from './compiled.ts'
import { type EvaluateOptions, evaluate } from './evaluate.ts'
import { type FitOptions, fit } from './fit.ts'
import type { TrainingEvent } from './fit-events.ts'
import type { History, Logs } from './history.ts'
import { outputsOf } from './outputs.ts'
import { modelSummary, trainingEvents } from './parts.ts'
import {
  predict,
  predictAsync,
  type PredictAsyncOptions,
  predictBatches,
  type PredictOptions,
} from './predict.ts'
import { type BatchInput, type InputBatch, isBatchInput } from './source/batches.ts'

/** The activation that a loss would like to have left out. */
export type OutputActivation = 'sigmoid' | 'softmax' | null

/** A model's output, and whether it is still before its last activation. */
export interface Prediction {
  readonly output: Tensor
  readonly isLogits: boolean
  /** bool or int32 [batch, time]: 0 where a step of an output of sequences is padding. */
  readonly mask?: Tensor | null
}

/** What a model gives: a tensor, or one for each of its outputs. */
export type ModelResult = Tensor | readonly Tensor[]

/**
 * A module that can be trained with `compile` and `fit`. Extend it, instead of Module, to train a model of your own.
 *
 * @example
 * class Net extends Model {
 *   readonly head = dense({ units: 1, inputSize: 4 })
 *   forward(x: Tensor): Tensor { return this.head.forward(x) }
 * }
 */
export abstract class Model<Result extends ModelResult = Tensor> extends Module<Result> {
  readonly name: string
  private compiled: Compiled | null = null

  constructor(name = 'model') {
    super()
    this.name = name
  }

  /** A list of tensors for a model with several inputs. */
  abstract override forward(x: Tensor | readonly Tensor[], context?: ForwardContext): Result

  /** What the inputs are called, in order; a model of your own that takes a list says so here. */
  get inputNames(): readonly string[] {
    return ['input']
  }

  /** What the outputs are called, in order. */
  get outputNames(): readonly string[] {
    return ['output']
  }

  protected override get pathName(): string {
    return `${this.className} "${this.name}"`
  }

  /** The outputs; as logits where the model knows how to leave an output's last activation out. */
  predictionsFor(
    inputs: readonly Tensor[],
    _activations: readonly OutputActivation[],
  ): readonly Prediction[] {
    return outputsOf(this, inputs).map(output => ({ output, isLogits: false }))
  }

  /**
   * Chooses optimizer, loss and metrics; a later call starts the optimizer afresh.
   *
   * A sigmoid or softmax output with its cross-entropy is computed from logits, which is exact where the probability
   * rounds to 0 or 1.
   *
   * @throws ValueError for unknown names and options
   * @example model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'binaryCrossentropy', metrics: ['accuracy'] })
   */
  compile(options: CompileOptions): void {
    refuseUnknown('compile', options, ['optimizer', 'loss', 'lossWeights', 'metrics'])
    const outputs = compileOutputs(options, this.outputNames)
    if (!(options.optimizer instanceof Optimizer)) resolveOptimizer(options.optimizer, [])
    let optimizer: Optimizer | null = null
    this.compiled = {
      options,
      outputs,
      optimizer: () => {
        optimizer ??= resolveOptimizer(options.optimizer, this.namedParameters())
        return optimizer
      },
      forgetOptimizer: () => {
        optimizer = null
      },
    }
  }

  /** To be called when the model has got other parameters. */
  protected forgetOptimizer(): void {
    this.compiled?.forgetOptimizer()
  }

  /** What `compile` fixed; null before it. */
  get compiledSettings(): Compiled | null {
    return this.compiled
  }

  /** What `compile` fixed; throws a BuildError before it. */
  requireCompiled(operation: string): Compiled {
    if (this.compiled !== null) return this.compiled
    throw new BuildError({
      operation,
      problem: `needs an optimizer and a loss, but model "${this.name}" was not compiled.`,
      hint: "call model.compile({ optimizer: 'adam', loss: 'meanSquaredError' }) first.",
    })
  }

  /**
   * Trains on batches `{ x, y, sampleWeight? }` of an iterable, an async iterable (a `Dataset`), or a function that makes
   * one for each epoch.
   * @example await model.fit(dataset(examples).batch({ batchSize: 32 }), { epochs: 5 })
   */
  fit(batches: BatchInput, options?: FitOptions): Promise<History>
  /**
   * Trains on examples for some epochs.
   *
   * @returns what was recorded, epoch by epoch
   * @throws ShapeError, ValueError for data that does not fit; NonFiniteError when the loss becomes NaN or infinite;
   *   the signal's reason when it is aborted (training can then be continued by another `fit`)
   * @example await model.fit(x, y, { epochs: 5, batchSize: 32, validationSplit: 0.1 })
   */
  fit(x: ModelData, y: ModelData, options?: FitOptions): Promise<History>
  fit(x: ModelData | BatchInput, y?: ModelData | FitOptions, options?: FitOptions): Promise<History> {
    if (isBatchInput(x)) return fit(this, x as BatchInput, null, (y ?? {}) as FitOptions)
    return fit(this, x, y as ModelData, options ?? {})
  }

  /** What happens while `fit` trains on batches, as it happens. */
  fitEvents(batches: BatchInput, options?: FitOptions): AsyncGenerator<TrainingEvent, History, undefined>
  /**
   * Trains like `fit`, and gives what happens, as it happens. Leaving the loop ends the training between two batches; the
   * model then is as after the last of them.
   *
   * @throws what `fit` throws
   * @example
   * for await (const event of model.fitEvents(x, y, { epochs: 5, worker: true })) {
   *   if (event.kind === 'epoch') console.log(event.epoch, event.logs.loss)
   * }
   */
  fitEvents(
    x: ModelData,
    y: ModelData,
    options?: FitOptions,
  ): AsyncGenerator<TrainingEvent, History, undefined>
  fitEvents(
    x: ModelData | BatchInput,
    y?: ModelData | FitOptions,
    options?: FitOptions,
  ): AsyncGenerator<TrainingEvent, History, undefined> {
    const fitEvents = trainingEvents.required
    if (isBatchInput(x)) return fitEvents(this, x as BatchInput, null, (y ?? {}) as FitOptions)
    return fitEvents(this, x, y as ModelData, options ?? {})
  }

  /** Loss and metrics over batches, as `fit` takes them. */
  evaluate(batches: BatchInput, options?: EvaluateOptions): Promise<Logs>
  /**
   * Loss and metrics over examples, without training.
   * @example const { loss, accuracy } = await model.evaluate(x, y)
   */
  evaluate(x: ModelData, y: ModelData, options?: EvaluateOptions): Promise<Logs>
  evaluate(
    x: ModelData | BatchInput,
    y?: ModelData | EvaluateOptions,
    options?: EvaluateOptions,
  ): Promise<Logs> {
    if (isBatchInput(x)) return evaluate(this, x as BatchInput, null, (y ?? {}) as EvaluateOptions)
    return evaluate(this, x, y as ModelData, options ?? {})
  }

  /** Outputs for batches `{ x }`, one after the other as they come. */
  predict(batches: BatchInput<InputBatch>, options?: PredictOptions): Promise<Result>
  /**
   * Outputs for examples, batch by batch, in evaluation mode.
   * @example const probabilities = model.predict(x).data()
   */
  predict(x: ModelData, options?: PredictOptions): Result
  predict(x: ModelData | BatchInput<InputBatch>, options: PredictOptions = {}): Result | Promise<Result> {
    const resultOf = (outputs: readonly Tensor[]): Result => (this.givesList ? outputs : outputs[0]) as Result
    if (isBatchInput(x)) return predictBatches(this, x as BatchInput<InputBatch>, options).then(resultOf)
    return resultOf(noGrad(() => predict(this, x as ModelData, options)))
  }

  /**
   * Like `predict`, with turns for the rest of the program between batches. WebGPU in a page, which answers later, takes
   * part in this one only: each batch then runs several times, so the model must compute the same each time.
   *
   * @throws the signal's reason when it is aborted
   * @example const probabilities = (await model.predictAsync(x)).data()
   */
  async predictAsync(x: ModelData, options: PredictAsyncOptions = {}): Promise<Result> {
    const outputs = await predictAsync(this, x, options)
    return (this.givesList ? outputs : outputs[0]) as Result
  }

  /** A table of layers, output shapes and numbers of parameters. */
  summary(): string {
    return modelSummary.required(this)
  }
}
