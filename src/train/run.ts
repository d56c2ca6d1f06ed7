import { type Hold, type ModelData, type Rows, sliceRows } from '../data/rows.ts'
import { ValueError } from '../errors.ts'
import type { Callback } from './callback.ts'
import { type Examples, toExamples } from './examples.ts'
import { exampleWeights } from './example-weights.ts'
import { type CheckedOptions, checkFitOptions, type FitOptions } from './fit-options.ts'
import type { Model, ModelResult } from './model.ts'
import { iterableSource, progressBar } from './parts.ts'
import { type BatchInput, isBatchInput } from './source/batches.ts'
import { RowsSource } from './source/rows-source.ts'
import type { BatchSource } from './source/source.ts'

type AnyModel = Model<ModelResult>

/** A `fit` whose arguments are read and checked. */
export interface FitRun {
  readonly model: AnyModel
  readonly options: CheckedOptions
  readonly callbacks: readonly Callback[]
  /** Batches for training. */
  readonly training: BatchSource
  /** Makes the batches of one validation; null where there is none. */
  readonly validation: (() => BatchSource) | null
  /** The examples themselves; null where data come in batches. */
  readonly rows: {
    readonly training: Examples
    readonly validation: Examples | null
    /** One factor per training example; null where all are 1. */
    readonly weights: Rows | null
  } | null
}

/**
 * Reads what `fit` is given.
 * @throws ShapeError, ValueError for data and options that do not fit
 */
export function readRun(
  model: AnyModel,
  x: ModelData | BatchInput,
  y: ModelData | null,
  given: FitOptions,
): FitRun {
  const isInBatches = y === null && isBatchInput(x)
  const options = checkFitOptions(given, isInBatches)
  const callbacks = [...(options.callbacks ?? []), ...(options.verbose ? [progressBar.required()] : [])]
  if (isInBatches) {
    const { stepsPerEpoch = null, classWeight } = options
    const training = new iterableSource.required(model, x as BatchInput, {
      operation: 'fit',
      stepsPerEpoch,
      classWeight,
    })
    return { model, options, callbacks, training, validation: validationOf(model, options), rows: null }
  }
  if (y === null || y === undefined) {
    throw new ValueError({
      operation: 'fit',
      problem: 'needs targets for the examples.',
      hint: 'fit(x, y, options), or fit(batches, options) with batches { x, y }.',
      argument: 'y',
    })
  }
  const all = toExamples('fit', model, x as ModelData, y, holdOf(options))
  const weights = exampleWeights('fit', all.y, options)
  const { training, kept } = splitExamples(all, options)
  const { batchSize, shuffle } = options
  const validation = kept === null ? validationOf(model, options) : inOrder(kept, batchSize)
  return {
    model,
    options,
    callbacks,
    training: new RowsSource(training, { batchSize, shuffle, weights }),
    validation,
    rows: { training, weights, validation: kept ?? examplesOf(model, options) },
  }
}

/** What a worker gets is copied on the way there, piece by piece. */
const holdOf = ({ worker = false }: FitOptions): Hold => (worker === false ? 'copy' : 'borrow')

const inOrder =
  (examples: Examples, batchSize: number): (() => BatchSource) =>
  () =>
    new RowsSource(examples, { batchSize, shuffle: false, weights: null })

/** Validation data that are examples. */
function examplesOf(model: AnyModel, options: CheckedOptions): Examples | null {
  const { validationData } = options
  if (validationData === undefined || isBatchInput(validationData)) return null
  const pair: readonly unknown[] = Array.isArray(validationData) ? validationData : []
  if (pair.length !== 2) {
    throw new ValueError({
      operation: 'fit',
      problem: 'needs validationData as [x, y], or as batches { x, y }.',
      argument: 'validationData',
      received: validationData,
    })
  }
  const [x, y] = pair as readonly [ModelData, ModelData]
  return toExamples('fit validationData', model, x, y, holdOf(options))
}

function validationOf(model: AnyModel, options: CheckedOptions): (() => BatchSource) | null {
  const { validationData } = options
  const examples = examplesOf(model, options)
  if (examples !== null) return inOrder(examples, options.batchSize)
  if (validationData === undefined || !isBatchInput(validationData)) return null
  const operation = 'fit validationData'
  return () =>
    new iterableSource.required(model, validationData as BatchInput, { operation, stepsPerEpoch: null })
}

/** Training examples, and those that `validationSplit` keeps. */
function splitExamples(
  all: Examples,
  { validationData, validationSplit = 0 }: FitOptions,
): { training: Examples; kept: Examples | null } {
  if (validationData !== undefined) return { training: all, kept: null }
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new ValueError({
      operation: 'fit',
      problem: `needs 0 ≤ validationSplit < 1, got ${validationSplit}.`,
    })
  }
  if (validationSplit === 0) return { training: all, kept: null }
  // As Keras rounds, but for products that miss a whole number by their rounding error.
  const count = Math.floor(all.x.count * (1 - validationSplit) + 1e-9)
  if (count === 0) {
    throw new ValueError({
      operation: 'fit',
      problem: `has no training examples left: ${all.x.count} with validationSplit ${validationSplit}.`,
      argument: 'validationSplit',
      received: validationSplit,
    })
  }
  const part = (start: number, end: number): Examples => ({
    x: sliceRows(all.x, start, end),
    y: sliceRows(all.y, start, end),
  })
  return { training: part(0, count), kept: part(count, all.x.count) }
}
