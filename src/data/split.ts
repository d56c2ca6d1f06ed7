import { ShapeError, ValueError } from '../errors.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { defaultGenerator, Generator } from '../tensor/random.ts'
import { emptyLike, type DataInput, type ShapedData, toRows } from './rows.ts'
import { sizeOf } from '../tensor/shape.ts'

export interface SplitOptions {
  /** Part of the examples for validation: 0 ≤ part < 1. Default 0. */
  readonly validation?: number
  /** Part of the examples for the final test. Default 0.2. */
  readonly test?: number
  /** A class per example: every part gets its share of each class. */
  readonly stratifyBy?: ArrayLike<number | string>
  /** Of the order; by default drawn from the default generator. */
  readonly seed?: number
  /** Default true; otherwise the parts follow each other, as time series need. */
  readonly shuffle?: boolean
}

export interface FoldOptions {
  /** Number of parts. Default 5. */
  readonly folds?: number
  /** A class per example: every fold gets its share of each class. */
  readonly stratifyBy?: ArrayLike<number | string>
  readonly seed?: number
  /** Default true. */
  readonly shuffle?: boolean
}

/** The parts of a data set under the names that it had, e.g. `{ x, y }`. */
export type Columns<T> = { readonly [K in keyof T]: ShapedData }

/**
 * Parts for training, validation and test; examples stay together under their names.
 *
 * @throws ShapeError when the columns differ in length; ValueError for parts that leave nothing for training
 * @example
 * const { train, test } = splitExamples({ x: [[1], [2], [3], [4]], y: [0, 0, 1, 1] }, { test: 0.5, seed: 1 })
 * train.x.shape   // [2, 1]
 */
export function splitExamples<T extends { readonly [name: string]: DataInput }>(
  columns: T,
  options: SplitOptions = {},
): { train: Columns<T>; validation: Columns<T>; test: Columns<T> } {
  refuseUnknown('splitExamples', options, ['validation', 'test', 'stratifyBy', 'seed', 'shuffle'])
  const { validation = 0, test = 0.2, stratifyBy, seed, shuffle = true } = options
  const count = countOf('splitExamples', columns)
  for (const [name, part] of Object.entries({ validation, test, 'validation + test': validation + test })) {
    if (part >= 0 && part < 1) continue
    throw new ValueError({
      operation: 'splitExamples',
      problem: `needs 0 ≤ ${name} < 1, got ${part}.`,
      argument: name,
      received: part,
    })
  }
  const places: [train: number[], validation: number[], test: number[]] = [[], [], []]
  for (const group of groupsOf('splitExamples', count, stratifyBy, shuffle, seed)) {
    const tests = Math.round(group.length * test)
    const validations = Math.round(group.length * validation)
    const trains = group.length - tests - validations
    places[0].push(...group.slice(0, trains))
    places[1].push(...group.slice(trains, trains + validations))
    places[2].push(...group.slice(trains + validations))
  }
  if (places[0].length === 0) {
    throw new ValueError({
      operation: 'splitExamples',
      problem: `has no training examples left of ${count}.`,
      hint: 'make validation and test smaller.',
    })
  }
  const [train, validations, tests] = places.map(indices => pick(columns, indices))
  return { train, validation: validations, test: tests }
}

/**
 * Cross-validation: every example is in the validation part of exactly one fold.
 *
 * @throws ValueError for fewer examples than folds
 * @example [...kFold({ x: [[1], [2], [3], [4]] }, { folds: 2 })][0].train.x.shape   // [2, 1]
 */
export function* kFold<T extends { readonly [name: string]: DataInput }>(
  columns: T,
  options: FoldOptions = {},
): IterableIterator<{ train: Columns<T>; validation: Columns<T> }> {
  refuseUnknown('kFold', options, ['folds', 'stratifyBy', 'seed', 'shuffle'])
  const { folds = 5, stratifyBy, seed, shuffle = true } = options
  requireCount('kFold', 'folds', folds)
  const count = countOf('kFold', columns)
  if (folds < 2 || folds > count) {
    throw new ValueError({
      operation: 'kFold',
      problem: `needs 2 to ${count} folds for ${count} examples, got ${folds}.`,
      argument: 'folds',
      received: folds,
    })
  }
  const foldOf = new Int32Array(count)
  let dealt = 0
  for (const group of groupsOf('kFold', count, stratifyBy, shuffle, seed)) {
    // Without a shuffle the folds are blocks, else cards that are dealt.
    for (const [place, index] of group.entries()) {
      foldOf[index] =
        shuffle || stratifyBy !== undefined ? dealt++ % folds : Math.floor((place * folds) / count)
    }
  }
  for (let fold = 0; fold < folds; fold++) {
    const train: number[] = []
    const validation: number[] = []
    for (const [index, its] of foldOf.entries()) (its === fold ? validation : train).push(index)
    yield { train: pick(columns, train), validation: pick(columns, validation) }
  }
}

function countOf(operation: string, columns: { readonly [name: string]: DataInput }): number {
  refuseNothing(operation, columns)
  const counts = Object.entries(columns).map(([name, data]) => ({
    name,
    count: toRows(operation, name, data).count,
  }))
  const [first] = counts
  const other = counts.find(({ count }) => count !== first.count)
  if (other !== undefined) {
    throw new ShapeError({
      operation,
      problem: `needs equally many examples, got ${first.count} of "${first.name}" and ${other.count} of "${other.name}".`,
      hint: 'check how the two were read.',
    })
  }
  return first.count
}

function refuseNothing(operation: string, columns: unknown): void {
  if (typeof columns === 'object' && columns !== null && Object.keys(columns).length > 0) return
  throw new ValueError({
    operation,
    problem: 'needs data under names.',
    hint: 'for example { x, y }.',
    received: columns,
  })
}

/** The examples of each class, or all of them, in random order on request. */
function groupsOf(
  operation: string,
  count: number,
  stratifyBy: ArrayLike<number | string> | undefined,
  shuffle: boolean,
  seed: number | undefined,
): number[][] {
  const generator = new Generator(seed ?? defaultGenerator().bits())
  const order = shuffle ? [...generator.permutation(count)] : Array.from({ length: count }, (_, i) => i)
  if (stratifyBy === undefined) return [order]
  if (stratifyBy.length !== count) {
    throw new ShapeError({
      operation,
      problem: `needs a class per example in stratifyBy, got ${stratifyBy.length} for ${count} examples.`,
      hint: 'pass the labels of the same examples.',
    })
  }
  const groups = new Map<number | string, number[]>()
  for (const index of order) {
    const label = stratifyBy[index]
    const group = groups.get(label)
    if (group === undefined) groups.set(label, [index])
    else group.push(index)
  }
  return [...groups.values()]
}

/** Labels in an Int32Array stay whole numbers. */
const shaped = (input: DataInput): DataInput =>
  input instanceof Int32Array ? { data: input, shape: [input.length] } : input

function pick<T extends { readonly [name: string]: DataInput }>(
  columns: T,
  indices: readonly number[],
): Columns<T> {
  const picked = Object.entries(columns).map(([name, input]) => {
    const { values, shape, dtype } = toRows('split', name, shaped(input))
    const width = sizeOf(shape)
    const kept = emptyLike(values, indices.length * width)
    for (const [row, index] of indices.entries()) {
      kept.set(values.subarray(index * width, (index + 1) * width), row * width)
    }
    const data = dtype === 'int32' ? Int32Array.from(kept) : Float32Array.from(kept)
    return [name, { data, shape: [indices.length, ...shape] }]
  })
  return Object.fromEntries(picked)
}
