import { ValueError } from '../errors.ts'
import type { LossFunction } from '../losses/loss.ts'
import { type LossLike, resolveLoss } from '../losses/resolve.ts'
import { type MetricLike, resolveMetric } from '../metrics/resolve.ts'
import type { OptimizerLike } from '../optim/resolve.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { suggestName } from '../suggest.ts'

/** One thing for each output of a model: in a list, or by the names of the outputs. */
export type PerOutput<T> = readonly T[] | { readonly [output: string]: T }

export interface CompileOptions {
  /** `'adam'`, `adam({…})`, or an optimizer of your own. */
  readonly optimizer: OptimizerLike
  /**
   * `'binaryCrossentropy'`, a built-in loss, or a function (prediction, target) → scalar; for several outputs one for
   * all, or one for each.
   */
  readonly loss: LossLike | PerOutput<LossLike>
  /** By how much the loss of each output counts. Default 1. */
  readonly lossWeights?: PerOutput<number>
  /** `'accuracy'`, built-in metrics, or functions (prediction, target) → number; for all outputs, or by output. */
  readonly metrics?: readonly MetricLike[] | { readonly [output: string]: readonly MetricLike[] }
}

/** What one output is trained by. */
export interface CompiledOutput {
  readonly name: string
  readonly loss: LossFunction
  readonly weight: number
  readonly metrics: readonly MetricLike[]
}

/** What `compile` fixed. */
export interface Compiled {
  /** As they were given. */
  readonly options: CompileOptions
  /** One for each output. */
  readonly outputs: readonly CompiledOutput[]
  /** Created when the parameters exist, and kept from one `fit` to the next. */
  readonly optimizer: () => Optimizer
  /** Has it created afresh: there are other parameters now. */
  readonly forgetOptimizer: () => void
}

const isByName = <T>(value: unknown): value is { readonly [output: string]: T } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The part of each output, in order. `missing` is what an output without one gets. */
function spread<T>(
  option: string,
  names: readonly string[],
  value: PerOutput<T>,
  missing: (name: string) => T,
): readonly T[] {
  if (!isByName<T>(value)) {
    if (Array.isArray(value) && value.length === names.length) return value
    throw new ValueError({
      operation: 'compile',
      problem: `needs one of ${option} for each of the ${names.length} outputs (${names.join(', ')}), got ${Array.isArray(value) ? value.length : String(value)}.`,
      hint: `for example { ${option}: { ${names[0]}: … } }.`,
      argument: option,
      received: value,
    })
  }
  const given = new Map(Object.entries(value))
  const stranger = [...given.keys()].find(name => !names.includes(name))
  if (stranger !== undefined) {
    throw new ValueError({
      operation: 'compile',
      problem: `got ${option} for "${stranger}", but the model has no such output.`,
      hint: suggestName(stranger, names),
      argument: option,
      received: stranger,
    })
  }
  return names.map(name => (given.has(name) ? (given.get(name) as T) : missing(name)))
}

/**
 * Reads what `compile` is given, for a model with these outputs.
 * @throws ValueError for unknown names, and for lists of other lengths
 */
export function compileOutputs(options: CompileOptions, names: readonly string[]): readonly CompiledOutput[] {
  const { loss, metrics = [], lossWeights = names.map(() => 1) } = options
  const isPerOutput = Array.isArray(loss) || isByName(loss)
  const losses = isPerOutput
    ? spread(loss === undefined ? '' : 'loss', names, loss as PerOutput<LossLike>, name =>
        refuseMissing(name),
      )
    : names.map(() => loss as LossLike)
  const weights = spread('lossWeights', names, lossWeights, () => 1)
  const metricsOf = isByName<readonly MetricLike[]>(metrics)
    ? spread('metrics', names, metrics, () => [])
    : names.map(() => metrics as readonly MetricLike[])
  return names.map((name, index) => {
    const resolved = resolveLoss(losses[index])
    checkMetrics(metricsOf[index], resolved)
    return { name, loss: resolved, weight: checkWeight(weights[index]), metrics: metricsOf[index] }
  })
}

function refuseMissing(name: string): never {
  throw new ValueError({
    operation: 'compile',
    problem: `has no loss for the output "${name}".`,
    hint: 'give each output a loss, with lossWeights 0 for one that is not to be trained.',
    argument: 'loss',
  })
}

function checkMetrics(metrics: unknown, loss: LossFunction): void {
  if (!Array.isArray(metrics)) {
    throw new ValueError({
      operation: 'compile',
      problem: `needs a list of metrics, got ${typeof metrics}.`,
      hint: "for example { metrics: ['accuracy'] }.",
      argument: 'metrics',
      received: metrics,
    })
  }
  for (const metric of metrics as readonly MetricLike[]) resolveMetric(metric, { loss })
}

function checkWeight(weight: unknown): number {
  if (typeof weight === 'number' && Number.isFinite(weight)) return weight
  throw new ValueError({
    operation: 'compile',
    problem: `needs finite lossWeights, got ${String(weight)}.`,
    argument: 'lossWeights',
    received: weight,
  })
}
