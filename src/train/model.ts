import { noGrad } from '../autodiff/mode.ts'
import type { DataInput } from '../data/rows.ts'
import { BuildError, ValueError } from '../errors.ts'
import { type LossLike, resolveLoss } from '../losses/resolve.ts'
import type { LossFunction } from '../losses/loss.ts'
import { Module } from '../nn/module.ts'
import { refuseUnknown } from '../nn/options.ts'
import { Optimizer } from '../optim/optimizer.ts'
import { type OptimizerLike, resolveOptimizer } from '../optim/resolve.ts'
import { type MetricLike, resolveMetric } from '../metrics/resolve.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type EvaluateOptions, evaluate, predict, type PredictOptions } from './evaluate.ts'
import { type FitOptions, fit } from './fit.ts'
import type { History, Logs } from './history.ts'
import { summary } from './summary.ts'

export interface CompileOptions {
  /** `'adam'`, `adam({…})`, or an optimizer of your own. */
  readonly optimizer: OptimizerLike
  /** `'binaryCrossentropy'`, a built-in loss, or a function (prediction, target) → scalar. */
  readonly loss: LossLike
  /** `'accuracy'`, built-in metrics, or functions (prediction, target) → number. Default none. */
  readonly metrics?: readonly MetricLike[]
}

/** A model's output, and whether it is still before its last activation. */
export interface Prediction {
  readonly output: Tensor
  readonly isLogits: boolean
}

/** What `compile` fixed. */
export interface Compiled {
  /** As they were given. */
  readonly options: CompileOptions
  readonly loss: LossFunction
  readonly metrics: readonly MetricLike[]
  /** Created when the parameters exist, and kept from one `fit` to the next. */
  readonly optimizer: () => Optimizer
  /** Has it created afresh: there are other parameters now. */
  readonly forgetOptimizer: () => void
}

/**
 * A module that can be trained with `compile` and `fit`. Extend it, instead of Module, to train a model of your own.
 *
 * @example
 * class Net extends Model {
 *   readonly head = dense({ units: 1, inputSize: 4 })
 *   forward(x: Tensor): Tensor { return this.head.forward(x) }
 * }
 */
export abstract class Model extends Module<Tensor> {
  readonly name: string
  private compiled: Compiled | null = null

  constructor(name = 'model') {
    super()
    this.name = name
  }

  /** The output; as logits where the model knows how to leave its last activation out. */
  predictionFor(x: Tensor, _activation: 'sigmoid' | 'softmax' | null): Prediction {
    return { output: this.forward(x), isLogits: false }
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
    refuseUnknown('compile', options, ['optimizer', 'loss', 'metrics'])
    const { metrics = [] } = options
    const loss = resolveLoss(options.loss)
    if (!Array.isArray(metrics)) {
      throw new ValueError({
        operation: 'compile',
        problem: `needs a list of metrics, got ${typeof metrics}.`,
        hint: "for example { metrics: ['accuracy'] }.",
        argument: 'metrics',
        received: metrics,
      })
    }
    for (const metric of metrics) resolveMetric(metric, { loss })
    if (!(options.optimizer instanceof Optimizer)) resolveOptimizer(options.optimizer, [])
    let optimizer: Optimizer | null = null
    this.compiled = {
      options,
      loss,
      metrics,
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
   * Trains on examples for some epochs.
   *
   * @returns what was recorded, epoch by epoch
   * @throws ShapeError, ValueError for data that does not fit; NonFiniteError when the loss becomes NaN or infinite;
   *   the signal's reason when it is aborted (training can then be continued by another `fit`)
   * @example await model.fit(x, y, { epochs: 5, batchSize: 32, validationSplit: 0.1 })
   */
  fit(x: DataInput, y: DataInput, options: FitOptions = {}): Promise<History> {
    return fit(this, x, y, options)
  }

  /**
   * Loss and metrics over examples, without training.
   * @example const { loss, accuracy } = await model.evaluate(x, y)
   */
  evaluate(x: DataInput, y: DataInput, options: EvaluateOptions = {}): Promise<Logs> {
    return evaluate(this, x, y, options)
  }

  /**
   * Outputs for examples, batch by batch, in evaluation mode.
   * @example const probabilities = model.predict(x).data()
   */
  predict(x: DataInput, options: PredictOptions = {}): Tensor {
    return noGrad(() => predict(this, x, options))
  }

  /** A table of layers, output shapes and numbers of parameters. */
  summary(): string {
    return summary(this)
  }
}
