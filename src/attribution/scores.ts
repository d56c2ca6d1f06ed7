import { valueAndGrad } from '../autodiff/grad.ts'
import { noGrad } from '../autodiff/mode.ts'
import { type DataInput, toRows } from '../data/rows.ts'
import { ShapeError, UnsupportedError, ValueError } from '../errors.ts'
import { Embedding } from '../nn/embedding.ts'
import type { Module } from '../nn/module.ts'
import { observeLayers } from '../nn/path.ts'
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts'
import { fromCold, Tensor } from '../tensor/tensor.ts'

/** Which output is explained. */
export interface TargetOptions {
  /**
   * The output's number, one for all examples or one each. By default the largest of each example; a model with a
   * single output has no choice.
   */
  readonly target?: number | ArrayLike<number>
}

/** What each part of the input did for the output. */
export interface Attribution {
  /** As many as the input has numbers: for ids one per id, [batch, time]. */
  readonly values: Float32Array
  readonly shape: Shape
  /** The output explained, of each example. */
  readonly outputs: Float32Array
  readonly targets: Int32Array
}

/** The model as a function of continuous features: its input, or the vectors that its Embedding makes of ids. */
export interface Features {
  /** [batch, ...] */
  readonly values: Float32Array
  readonly shape: Shape
  /** Shape of the input itself. */
  readonly inputShape: Shape
  /** The explained output of each example, and its gradient by the features. */
  scores(values: Float32Array): { readonly outputs: Float32Array; readonly gradient: Float32Array }
  readonly targets: Int32Array
  /** The explained output of each example for another input. */
  outputsFor(input: Tensor): Float32Array
  readonly input: Tensor
}

/**
 * Makes a model a function of features that have a gradient. It runs in evaluation mode, whatever it was in.
 * @throws ShapeError for a model whose output is not [batch, outputs]; ValueError for a target out of range;
 *   UnsupportedError for a model of several inputs or outputs
 */
export function featuresOf(
  operation: string,
  model: Module<Tensor>,
  x: DataInput,
  options: TargetOptions,
): Features {
  if ('inputNames' in model && Array.isArray(model.inputNames) && model.inputNames.length > 1)
    throw several(operation, 'inputs', model.inputNames)
  if (model.givesList) throw several(operation, 'outputs', 'outputNames' in model ? model.outputNames : [])
  const rows = toRows(operation, 'x', x)
  const input = fromCold(rows.values, [rows.count, ...rows.shape], rows.dtype)
  return inEvaluation(model, () => {
    // A copy: what layers hand each other is gone when the model has run.
    let vectors: Tensor | null = null
    const keep = (result: unknown): void => {
      if (result instanceof Tensor) vectors = fromCold(result.values(), result.shape, result.dtype)
    }
    const output = noGrad(() =>
      observeLayers(
        (run, body) => {
          const result = body()
          if (run.layer instanceof Embedding && run.input === input) keep(result)
          return result
        },
        () => model.forward(input),
      ),
    )
    const isEmbedded = vectors !== null
    const features: Tensor = vectors ?? input
    const { shape } = features
    const values = Float32Array.from(features.values())
    const targets = targetsOf(operation, output, options.target)
    const picked = (result: Tensor): Float32Array => pick(result.values(), targets, result.size / rows.count)
    const run = (replacement: Tensor): Tensor =>
      isEmbedded ? withEmbedding(input, replacement, () => model.forward(input)) : model.forward(replacement)
    return {
      values,
      shape,
      inputShape: input.shape,
      input,
      targets,
      outputsFor: other => inEvaluation(model, () => picked(noGrad(() => model.forward(other)))),
      scores: at =>
        inEvaluation(model, () => {
          let outputs: Float32Array = new Float32Array(0)
          const chosen = oneHotRows(targets, output.size / rows.count)
          const { gradients } = valueAndGrad((leaf: Tensor) => {
            const result = run(leaf)
            outputs = picked(result)
            return result.mul(chosen.reshape(result.shape)).sum()
          })(fromCold(at, shape, 'float32'))
          return { outputs, gradient: gradients[0].data() }
        }),
    }
  })
}

const several = (operation: string, what: string, names: unknown): UnsupportedError => {
  const items = Array.isArray(names) ? names.map(String) : []
  return new UnsupportedError({
    operation,
    problem: `explains one output by one input, but the model has several ${what} (${items.join(', ')}).`,
    hint: 'explain a Module around it, whose forward(x) fills in the other inputs and picks the output.',
    items,
  })
}

/** Runs a model whose Embedding gives `replacement` instead of the vectors of `input`. */
const withEmbedding = (input: Tensor, replacement: Tensor, body: () => Tensor): Tensor =>
  observeLayers((run, inner) => {
    const result = inner()
    return run.layer instanceof Embedding && run.input === input ? (replacement as typeof result) : result
  }, body)

function inEvaluation<T>(model: Module<Tensor>, body: () => T): T {
  const modes = [...model.namedModules().values()].map(module => [module, module.training] as const)
  model.eval()
  try {
    return body()
  } finally {
    for (const [module, training] of modes) module.training = training
  }
}

function targetsOf(operation: string, output: Tensor, target: TargetOptions['target']): Int32Array {
  const [batch = 0] = output.shape
  const classes = output.size / Math.max(1, batch)
  if (output.rank > 2 || output.rank === 0) {
    throw new ShapeError({
      operation,
      problem: `explains one output of an example, but the model gives ${formatShape(output.shape)}.`,
      hint: 'wrap it in a Module whose forward picks the step to explain.',
      shapes: [output.shape],
    })
  }
  const values = output.values()
  const targets = Int32Array.from({ length: batch }, (_, row) => {
    if (typeof target === 'number') return target
    if (target !== undefined) return target[row]
    let best = 0
    for (let i = 1; i < classes; i++) if (values[row * classes + i] > values[row * classes + best]) best = i
    return best
  })
  const listed = typeof target === 'object' && target.length !== batch
  const wrong = Array.from(targets).find(number => !(number >= 0 && number < classes))
  if (!listed && wrong === undefined && Number.isInteger(typeof target === 'number' ? target : 0))
    return targets
  throw new ValueError({
    operation,
    problem: listed
      ? `needs one target for each of ${batch} examples, got ${target.length}.`
      : `needs targets from 0 to ${classes - 1}, got ${typeof target === 'number' ? target : wrong}.`,
    argument: 'target',
    received: target,
  })
}

const pick = (values: ArrayLike<number>, targets: Int32Array, classes: number): Float32Array =>
  Float32Array.from(targets, (target, row) => values[row * classes + target])

function oneHotRows(targets: Int32Array, classes: number): Tensor {
  const rows = new Float32Array(targets.length * classes)
  for (const [row, target] of targets.entries()) rows[row * classes + target] = 1
  return fromCold(rows, [targets.length, classes], 'float32')
}

/** Sums what belongs to one number of the input: the features of an id's vector. */
export function perInput(values: Float32Array, { shape, inputShape }: Features): Float32Array {
  const width = sizeOf(shape) / Math.max(1, sizeOf(inputShape))
  if (width === 1) return values
  return Float32Array.from({ length: sizeOf(inputShape) }, (_, i) => {
    let sum = 0
    for (let j = 0; j < width; j++) sum += values[i * width + j]
    return sum
  })
}
