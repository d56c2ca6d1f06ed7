import type { DType } from '../../engine/dtype.ts'
import { ShapeError, ValueError } from '../../errors.ts'
import type { Shape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Module } from '../module.ts'
import { refuseUnknown } from '../options.ts'

/** One application of a layer: which tensors it reads, and which it gives. */
export interface LayerCall {
  /** Grows with time: ascending order is an order in which the calls can run. */
  readonly id: number
  readonly module: Module<unknown>
  readonly inputs: readonly SymbolicTensor[]
  /** Whether the layer was applied to a list. */
  readonly takesList: boolean
  /** What it is handed besides, such as `initialState`. */
  readonly context: SymbolicContext
  readonly outputs: readonly SymbolicTensor[]
}

/** What `apply` hands a layer next to its input: symbolic tensors by name, nested as the layer's context is. */
export interface SymbolicContext {
  readonly [name: string]: SymbolicTensor | SymbolicContext | readonly (SymbolicTensor | SymbolicContext)[]
}

/**
 * A tensor without numbers: a place in a graph of layers, made by `input` and by `layer.apply`. `model` makes a model of
 * the graph between some of them.
 *
 * The type parameter is the size of the last axis, where it is known.
 */
export class SymbolicTensor<Size extends number = number> {
  constructor(
    /** The layer's application that gives it; null for an `input`. */
    readonly call: LayerCall | null,
    /** Which of the call's outputs it is. */
    readonly index: number,
    /** Shape of one example, −1 where any size will do; null where only running the graph tells. */
    readonly shape: Shape | null,
    readonly dtype: DType = 'float32',
    /** Name of an input; empty where a model may choose one. */
    readonly name = '',
  ) {}

  /** Only types: a method, because an unknown size (number) must fit a known one in both directions. */
  fits?(size: Size): void
}

/** The symbolic counterpart of what `forward` gives. */
export type SymbolicOf<Result> = Applied<Result, number>

/** The same, where the size of the last axis is known. */
export type Applied<Result, Size extends number> = Result extends Tensor
  ? SymbolicTensor<Size>
  : Result extends readonly Tensor[]
    ? readonly SymbolicTensor[]
    : SymbolicTensor | readonly SymbolicTensor[]

export interface InputOptions<S extends Shape = Shape> {
  /** Shape of one example, without the batch axis; −1 where any size will do. */
  readonly shape: S
  /** Element type of the data. Default `float32`. */
  readonly dtype?: DType
  /** What the data for it is called; made by the model by default. */
  readonly name?: string
}

/** The size of the last axis, where the type knows it. */
type LastSize<S extends Shape> = S extends readonly [...number[], infer Last extends number]
  ? Last extends -1
    ? number
    : Last
  : number

/**
 * An input of a model: where a graph of layers begins.
 *
 * @throws ShapeError for sizes that are no whole numbers ≥ −1; ValueError for unknown options
 * @example
 * const x = input({ shape: [4] })
 * const net = model({ inputs: x, outputs: dense({ units: 1 }).apply(x) })
 */
export function input<const S extends Shape>(options: InputOptions<S>): SymbolicTensor<LastSize<S>> {
  refuseUnknown('input', options, ['shape', 'dtype', 'name'])
  const { shape, dtype = 'float32', name = '' } = options
  if (!Array.isArray(shape) || !shape.every(size => Number.isSafeInteger(size) && size >= -1)) {
    throw new ShapeError({
      operation: 'input',
      problem: `needs a shape of whole numbers (-1: any size), got ${JSON.stringify(shape) ?? 'none'}.`,
      hint: 'it is the shape of one example, without the batch axis: [100] for 100 ids.',
    })
  }
  if (!['float32', 'int32', 'bool'].includes(dtype)) {
    throw new ValueError({
      operation: 'input',
      problem: `knows float32, int32 and bool, got "${String(dtype)}".`,
      argument: 'dtype',
      received: dtype,
    })
  }
  if (typeof name !== 'string' || name.includes('.')) {
    throw new ValueError({
      operation: 'input',
      problem: `needs a name without dots, got ${JSON.stringify(name)}.`,
      argument: 'name',
      received: name,
    })
  }
  return new SymbolicTensor(null, 0, shape, dtype, name)
}
