import { TensorloomError, UnsupportedError, ValueError } from '../errors.ts'
import { type LoadSource, load } from '../io/load.ts'
import type { Loaded, LoadOptions } from '../io/serialize.ts'
import { padSequences } from '../text/pad-sequences.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { refuseUnknown } from '../nn/options.ts'
import { tensor } from '../tensor/creation.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Model, type ModelResult } from '../train/model.ts'

/** Numbers, nested as the model's output of one example is. */
export type OutputValue = number | readonly OutputValue[]

/** What a model says of one example: named classes where their names are known, else its output as it is. */
export type Prediction =
  | OutputValue
  | { readonly label: string; readonly probabilities: Readonly<Record<string, number>> }

/** The answer for one input: a prediction, or why there is none. */
export type Answer = { readonly prediction: Prediction } | { readonly error: string }

export interface PredictorOptions {
  /** Turns texts into ids. */
  readonly tokenizer?: Tokenizer | null
  /** Length of the sequences of ids. Default: that of the longest text of a request. */
  readonly maxLength?: number
  /** Names of the classes, in the order of the outputs; two names for a single sigmoid. */
  readonly labels?: readonly string[]
}

/**
 * A model with what it takes to answer requests: texts are tokenized and padded, arrays are checked one by one, so
 * that a bad input spoils no other.
 *
 * @example
 * const predictor = new Predictor(sequential(dense({ units: 1, inputSize: 2 })))
 * const [first, second] = predictor.predict([[1, 2], ['x']])   // { prediction: [...] }, { error: '…' }
 */
export class Predictor {
  readonly model: Model<ModelResult>
  private readonly tokenizer: Tokenizer | null
  private readonly maxLength: number | undefined
  readonly labels: readonly string[] | null

  constructor(model: Model<ModelResult>, options: PredictorOptions = {}) {
    refuseUnknown('Predictor', options, ['tokenizer', 'maxLength', 'labels'])
    const { tokenizer = null, maxLength, labels } = options
    if (!(model instanceof Model)) {
      throw new ValueError({
        operation: 'Predictor',
        problem: `needs a model, got ${kindOf(model)}.`,
        hint: 'for example await Predictor.load(folder).',
        argument: 'model',
        received: model,
      })
    }
    if (model.inputNames.length !== 1 || model.outputNames.length !== 1) {
      throw new UnsupportedError({
        operation: 'Predictor',
        problem: `answers for models with one input and one output; "${model.name}" has ${model.inputNames.length} and ${model.outputNames.length}.`,
      })
    }
    this.model = model
    this.tokenizer = tokenizer
    this.maxLength = maxLength
    this.labels = labels ?? null
  }

  /**
   * Loads a saved model with its tokenizer; its metadata may hold `maxLength`, and `labels` as JSON.
   * @throws FormatError for anything but a saved model
   */
  static async load(source: LoadSource, options: LoadOptions = {}): Promise<Predictor> {
    return Predictor.from(await load(source, options))
  }

  /** The same for a model that was loaded already. */
  static from({ model, tokenizer, metadata }: Loaded): Predictor {
    const maxLength = Number(metadata.get('maxLength') ?? Number.NaN)
    return new Predictor(model, {
      tokenizer,
      ...(Number.isSafeInteger(maxLength) && maxLength > 0 ? { maxLength } : {}),
      ...(metadata.has('labels') ? { labels: labelsOf(metadata.get('labels')) } : {}),
    })
  }

  /** Whether inputs are texts. */
  get takesText(): boolean {
    return this.tokenizer !== null
  }

  /** An answer for each input, in order. */
  predict(inputs: readonly unknown[]): Answer[] {
    if (!Array.isArray(inputs)) {
      throw new ValueError({
        operation: 'predict',
        problem: `takes a list of inputs, got ${kindOf(inputs)}.`,
        hint: 'wrap a single one: [input].',
        received: inputs,
      })
    }
    const answers: Answer[] = []
    const groups = new Map<string, { places: number[]; values: number[]; shape: readonly number[] }>()
    for (const [place, input] of inputs.entries()) {
      try {
        const { values, shape } = this.read(input)
        const key = shape.join()
        const group = groups.get(key) ?? { places: [], values: [], shape }
        group.places.push(place)
        for (let i = 0; i < values.length; i++) group.values.push(values[i])
        groups.set(key, group)
      } catch (error) {
        answers[place] = { error: messageOf(error) }
      }
    }
    for (const { places, values, shape } of groups.values()) {
      try {
        const predictions = this.run(values, [places.length, ...shape])
        for (const [i, place] of places.entries()) answers[place] = { prediction: predictions[i] }
      } catch (error) {
        for (const place of places) answers[place] = { error: messageOf(error) }
      }
    }
    return answers
  }

  private read(input: unknown): { values: ArrayLike<number>; shape: readonly number[] } {
    const { tokenizer, maxLength } = this
    if (tokenizer !== null) {
      if (typeof input !== 'string') {
        throw new ValueError({ operation: 'predict', problem: `needs a text, got ${kindOf(input)}.` })
      }
      const sequences = tokenizer.textsToSequences([input])
      const padded = padSequences(sequences, maxLength === undefined ? {} : { maxLength })
      // A text without any known word is one step of padding.
      const data = padded.shape[1] === 0 ? Int32Array.of(0) : padded.data
      return { values: data, shape: [data.length] }
    }
    if (typeof input !== 'number' && !Array.isArray(input)) {
      throw new ValueError({
        operation: 'predict',
        problem: `needs numbers in arrays, got ${kindOf(input)}.`,
      })
    }
    const example = tensor(input)
    return { values: example.values(), shape: example.shape }
  }

  private run(values: readonly number[], shape: readonly number[]): Prediction[] {
    const isWhole = this.tokenizer !== null
    const data = isWhole ? Int32Array.from(values) : Float32Array.from(values)
    const output = this.model.predict({ data, shape }, { batchSize: 64 }) as Tensor
    const numbers = output.values()
    const width = sizeOf(output.shape.slice(1))
    return Array.from({ length: shape[0] }, (_, row) => {
      const own = Array.from(numbers.subarray(row * width, (row + 1) * width))
      return this.labels === null ? nest(own, output.shape.slice(1)) : named(own, this.labels)
    })
  }
}

function nest(values: readonly number[], shape: readonly number[]): OutputValue {
  if (shape.length === 0) return values[0]
  if (shape.length === 1) return values
  const width = sizeOf(shape.slice(1))
  return Array.from({ length: shape[0] }, (_, i) =>
    nest(values.slice(i * width, (i + 1) * width), shape.slice(1)),
  )
}

function named(values: readonly number[], labels: readonly string[]): Prediction {
  const all = values.length === 1 && labels.length === 2 ? [1 - values[0], values[0]] : values
  if (all.length !== labels.length) {
    throw new ValueError({
      operation: 'predict',
      problem: `needs a name for each of ${all.length} outputs, got ${labels.length} labels.`,
    })
  }
  const best = all.indexOf(Math.max(...all))
  return { label: labels[best], probabilities: Object.fromEntries(labels.map((label, i) => [label, all[i]])) }
}

function labelsOf(text: string | undefined): readonly string[] {
  const labels: unknown = JSON.parse(text ?? 'null')
  if (Array.isArray(labels) && labels.every(label => typeof label === 'string')) return labels
  throw new ValueError({
    operation: 'Predictor',
    problem: 'needs labels as a JSON list of texts in the metadata.',
    received: text,
  })
}

const kindOf = (input: unknown): string =>
  input === null ? 'null' : Array.isArray(input) ? 'an array' : typeof input

/** Without the hint, which is for programmers; other errors than ours are no answer. */
function messageOf(error: unknown): string {
  if (!(error instanceof TensorloomError)) throw error
  return error.message.split('\n')[0]
}
