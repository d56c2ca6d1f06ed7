import type { DType } from '../engine/dtype.ts'
import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { checkDType } from './check-dtype.ts'
import { defaultGenerator, type Generator } from './random.ts'
import { checkShape, formatShape, type Shape, sizeOf } from './shape.ts'
import type { Sizes } from './shape-types.ts'
import { fromCold, type Tensor } from './tensor.ts'

/** Data for a tensor: a number, nested arrays, or any flat array-like (typed arrays of any realm included). */
export type TensorData = number | boolean | ArrayLike<number> | NestedData
export type NestedData = ReadonlyArray<number | boolean | ArrayLike<number> | NestedData>

export interface TensorOptions {
  /** Element type. Default: bool for booleans, float32 for everything else. */
  readonly dtype?: DType
  /** Whether gradients are wanted for this tensor. Default false. */
  readonly requiresGrad?: boolean
}

export interface TensorFromDataOptions<S extends Shape = Shape> extends TensorOptions {
  /** The shape, where it is not that of the nesting. */
  readonly shape?: Readonly<S>
}

const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { length?: unknown }).length === 'number'

const MOST_AXES = 64

/** Sizes along the first element of each level; `flatten` checks that the others agree. */
function nestedShape(data: unknown): number[] {
  const shape: number[] = []
  for (let level = data; isArrayLike(level); level = level[0]) {
    // Also an array that contains itself.
    if (shape.length === MOST_AXES) {
      throw new ShapeError({
        operation: 'tensor',
        problem: `takes at most ${MOST_AXES} axes of nested arrays.`,
        hint: 'pass a flat array and {shape}.',
      })
    }
    shape.push(level.length)
  }
  return shape
}

const notANumber = (value: unknown, position: number): DTypeError =>
  new DTypeError({
    operation: 'tensor',
    problem: `takes numbers and booleans, got ${value === null ? 'null' : typeof value} at element ${position}.`,
  })

function flattenInto(values: number[], data: unknown, shape: Shape, axis: number): void {
  if (axis === shape.length) {
    if (typeof data === 'number' || typeof data === 'boolean') {
      values.push(Number(data))
      return
    }
    if (isArrayLike(data)) {
      throw new ShapeError({
        operation: 'tensor',
        problem: `needs rows of equal depth: a single value comes first at axis ${axis - 1}, later ${data.length} elements.`,
        hint: 'nest every row as deep as the first.',
      })
    }
    throw notANumber(data, values.length)
  }
  if (!isArrayLike(data) || data.length !== shape[axis]) {
    throw new ShapeError({
      operation: 'tensor',
      problem: `needs rows of equal length: axis ${axis} has ${shape[axis]} elements first, later ${isArrayLike(data) ? data.length : 'a single value'}.`,
      hint: 'pad ragged rows, for sequences with padSequences().',
    })
  }
  for (let i = 0; i < data.length; i++) flattenInto(values, data[i], shape, axis + 1)
}

function holdsBooleans(data: unknown): boolean {
  let level = data
  while (isArrayLike(level) && level.length > 0) level = level[0]
  return typeof level === 'boolean'
}

const fitsInt32 = (value: number): boolean =>
  Number.isInteger(value) && value >= -0x80000000 && value <= 0x7fffffff

function coldArray(values: ArrayLike<number>, dtype: DType): Float32Array | Int32Array {
  checkDType('tensor', dtype)
  // The constructors copy typed arrays at once, where `from` walks through an iterator.
  if (dtype === 'float32') return new Float32Array(values)
  if (dtype === 'bool') return Int32Array.from(values, v => (v !== 0 ? 1 : 0))
  for (let i = 0; i < values.length; i++) {
    if (!fitsInt32(values[i])) {
      throw new DTypeError({
        operation: 'tensor',
        problem: `cannot hold ${values[i]} (element ${i}) as int32.`,
        hint: "use dtype 'float32', or round first.",
        dtypes: [dtype],
      })
    }
  }
  return new Int32Array(values)
}

/** Sets requiresGrad where the element type allows it. */
export function withGrad<T extends Tensor>(tensor: T, requiresGrad: boolean | undefined): T {
  if (requiresGrad === true && tensor.dtype !== 'float32') {
    throw new DTypeError({
      operation: 'requiresGrad',
      problem: `is for float32 tensors, got ${tensor.dtype}.`,
      dtypes: [tensor.dtype],
    })
  }
  tensor.requiresGrad = requiresGrad ?? false
  return tensor
}

const isTypedFlat = (data: unknown): data is ArrayLike<number> =>
  ArrayBuffer.isView(data) && isArrayLike(data)

/**
 * Makes a tensor from numbers; the data is copied.
 *
 * @throws ShapeError for ragged nesting, or a `shape` that does not fit; DTypeError for other than numbers
 * @example
 * tensor([[1, 2], [3, 4]])
 * tensor(new Float32Array(6), {shape: [2, 3]})
 * tensor([3, 1, 2], {dtype: 'int32'})
 */
export function tensor<const S extends number[]>(
  data: TensorData,
  options: TensorFromDataOptions<S> & { readonly shape: Sizes<S> },
): Tensor<S>
export function tensor(data: TensorData, options?: TensorFromDataOptions): Tensor
export function tensor(data: TensorData, options: TensorFromDataOptions = {}): Tensor {
  let values: ArrayLike<number>
  let natural: Shape
  if (isTypedFlat(data)) {
    // A BigInt64Array is a typed array whose elements are no numbers.
    if (data.length > 0 && typeof data[0] !== 'number') throw notANumber(data[0], 0)
    values = data
    natural = [data.length]
  } else {
    const list: number[] = []
    natural = nestedShape(data)
    flattenInto(list, data, natural, 0)
    values = list
  }
  const dtype = options?.dtype ?? (holdsBooleans(data) ? 'bool' : 'float32')
  const shape = options?.shape ?? natural
  checkShape('tensor', shape)
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError({
      operation: 'tensor',
      problem: `got ${values.length} numbers for the shape ${formatShape(shape)} (${sizeOf(shape)}).`,
      hint: 'the sizes of the shape multiply to the number of elements.',
      shapes: [shape],
    })
  }
  return withGrad(fromCold(coldArray(values, dtype), shape, dtype), options?.requiresGrad)
}

/**
 * A tensor filled with one number.
 *
 * @example full([2], 7)   // [7, 7]
 */
export function full<const S extends number[]>(
  shape: Sizes<S>,
  value: number,
  options: TensorOptions = {},
): Tensor<S> {
  checkShape('full', shape)
  const { dtype = 'float32' } = options ?? {}
  const size = sizeOf(shape)
  const cold = dtype === 'float32' ? new Float32Array(size) : new Int32Array(size)
  const [number] = coldArray([value], dtype)
  if (number !== 0) cold.fill(number)
  return withGrad(fromCold(cold, shape, dtype), options?.requiresGrad)
}

/**
 * Zeros.
 *
 * @example zeros([2, 2])   // [[0, 0], [0, 0]]
 */
export const zeros = <const S extends number[]>(shape: Sizes<S>, options?: TensorOptions): Tensor<S> =>
  full<S>(shape, 0, options)
/**
 * Ones.
 *
 * @example ones([2])   // [1, 1]
 */
export const ones = <const S extends number[]>(shape: Sizes<S>, options?: TensorOptions): Tensor<S> =>
  full<S>(shape, 1, options)
/**
 * Zeros of another tensor's shape and element type.
 *
 * @example zerosLike(tensor([1, 2]))   // [0, 0]
 */
export const zerosLike = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  full(x?.shape, 0, { dtype: x?.dtype }) as Tensor
/**
 * Ones of another tensor's shape and element type.
 *
 * @example onesLike(tensor([1, 2]))   // [1, 1]
 */
export const onesLike = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  full(x?.shape, 1, { dtype: x?.dtype }) as Tensor

/**
 * Whole steps: 0 … stop−1, or start, start + step, … up to but without stop.
 *
 * @example arange(2, 8, 2)   // [2, 4, 6]
 */
export function arange(
  start: number,
  stop?: number,
  step = 1,
  options: TensorOptions = {},
): Tensor<[number]> {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const count = Math.max(0, Math.ceil((to - from) / step))
  if (!Number.isFinite(count)) {
    throw new ValueError({ operation: 'arange', problem: `cannot step from ${from} to ${to} by ${step}.` })
  }
  checkShape('arange', [count])
  const values = Float64Array.from({ length: count }, (_, i) => from + i * step)
  return withGrad(
    fromCold(coldArray(values, options?.dtype ?? 'float32'), [count], options?.dtype ?? 'float32'),
    options?.requiresGrad,
  )
}

/**
 * `count` numbers at equal distances from start to stop, both included.
 *
 * @example linspace(0, 1, 3)   // [0, 0.5, 1]
 */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options: TensorOptions = {},
): Tensor<[number]> {
  if (!Number.isInteger(count) || count < 0) {
    throw new ValueError({
      operation: 'linspace',
      problem: `needs a whole number of points ≥ 0, got ${count}.`,
    })
  }
  checkShape('linspace', [count])
  const step = count > 1 ? (stop - start) / (count - 1) : 0
  const values = Float64Array.from({ length: count }, (_, i) =>
    i > 0 && i === count - 1 ? stop : start + i * step,
  )
  const { dtype = 'float32' } = options ?? {}
  return withGrad(fromCold(coldArray(values, dtype), [count], dtype), options?.requiresGrad)
}

/**
 * Ones on the diagonal: [rows, columns], square by default.
 *
 * @example eye(2)   // [[1, 0], [0, 1]]
 */
export function eye<R extends number, C extends number = R>(
  rows: R,
  columns: R | C = rows,
  options: TensorOptions = {},
): Tensor<[R, C]> {
  checkShape('eye', [rows, columns])
  const { dtype = 'float32' } = options ?? {}
  checkDType('eye', dtype)
  const cold = new (dtype === 'float32' ? Float32Array : Int32Array)(rows * columns)
  for (let i = 0; i < Math.min(rows, columns); i++) cold[i * columns + i] = 1
  return withGrad(fromCold(cold, [rows, columns], dtype), options?.requiresGrad)
}

export interface RandomOptions extends Omit<TensorOptions, 'dtype'> {
  /** Where the numbers come from; the default generator (see `manualSeed`) unless given. */
  readonly generator?: Generator
}

/**
 * Uniform in [0, 1).
 *
 * @example rand([2, 3]).shape   // [2, 3]
 */
export const rand = <const S extends number[]>(shape: Sizes<S>, options: RandomOptions = {}): Tensor<S> =>
  uniform<S>(shape, { ...options, low: 0, high: 1 })

/**
 * Uniform in [low, high).
 *
 * @example uniform([2, 3], { low: -1, high: 1 }).shape   // [2, 3]
 */
export function uniform<const S extends number[]>(
  shape: Sizes<S>,
  options: RandomOptions & { readonly low: number; readonly high: number },
): Tensor<S> {
  checkShape('uniform', shape)
  const { low, high, generator = defaultGenerator(), requiresGrad } = options ?? {}
  if (low === undefined || high === undefined) {
    throw new ValueError({ operation: 'uniform', problem: `needs low and high, got ${low} and ${high}.` })
  }
  return withGrad(fromCold(generator.uniform(sizeOf(shape), low, high), shape, 'float32'), requiresGrad)
}

/**
 * Normally distributed with mean 0 and standard deviation 1, unless said.
 *
 * @example randn([2, 3]).shape   // [2, 3]
 */
export function randn<const S extends number[]>(
  shape: Sizes<S>,
  options: RandomOptions & { readonly mean?: number; readonly deviation?: number } = {},
): Tensor<S> {
  checkShape('randn', shape)
  const { mean, deviation, generator = defaultGenerator(), requiresGrad } = options ?? {}
  return withGrad(fromCold(generator.normal(sizeOf(shape), mean, deviation), shape, 'float32'), requiresGrad)
}

/**
 * Whole numbers in low … high−1, int32.
 *
 * @example randint([2], { high: 10 })   // two of 0 … 9
 */
export function randint<const S extends number[]>(
  shape: Sizes<S>,
  options: { readonly low?: number; readonly high: number; readonly generator?: Generator },
): Tensor<S> {
  checkShape('randint', shape)
  const { low = 0, high, generator = defaultGenerator() } = options ?? {}
  if (!fitsInt32(low) || !fitsInt32(high - 1) || high <= low) {
    throw new ValueError({
      operation: 'randint',
      problem: `needs whole numbers low < high that int32 can hold, got ${low} and ${high}.`,
    })
  }
  const values = Int32Array.from({ length: sizeOf(shape) }, () => low + generator.below(high - low))
  return fromCold(values, shape, 'int32')
}

/**
 * The numbers 0 … n−1 in random order, int32.
 *
 * @example randperm(3)   // 0, 1, 2 in a random order
 */
export function randperm(n: number, options: { readonly generator?: Generator } = {}): Tensor<[number]> {
  checkShape('randperm', [n])
  return fromCold((options.generator ?? defaultGenerator()).permutation(n), [n], 'int32')
}
