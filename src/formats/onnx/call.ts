import type { Attributes } from './attributes.ts'
import type { ElementType } from './element-type.ts'
import type { Graph, Node } from './graph.ts'
import { refuse } from './refuse.ts'
import { normalizeAxis, type Shape, sizeOf } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { ValueError } from '../../errors.ts'
import { Value } from './value.ts'

/** What holds for a whole run of a graph. */
export interface Run {
  /** Whether dropout drops and batch normalisation uses the batch's own statistics. */
  readonly training: boolean
  /** Most elements that an operator may make out of nothing (Expand, ConstantOfShape …). */
  readonly maximumElements: number
  /** Runs a graph among the node's attributes. */
  readonly branch: (graph: Graph, inputs: readonly Value[]) => readonly Value[]
}

/** One node at work: its inputs, attributes, and what it may ask of the run. */
export class Call {
  readonly attributes: Attributes
  readonly opset: number

  constructor(
    readonly node: Node,
    private readonly given: readonly (Value | null)[],
    readonly run: Run,
  ) {
    this.attributes = node.attributes
    this.opset = node.opset
  }

  /** Number of inputs, trailing ones that are left out not counted. */
  get inputCount(): number {
    return this.given.length
  }

  /** An input that must be there. */
  input(index: number): Value {
    return this.given[index] ?? refuse(this.node.label, `its input ${index} is missing`)
  }

  optional(index: number): Value | null {
    return this.given[index] ?? null
  }

  /** All inputs of a variadic operator. */
  inputs(): readonly Value[] {
    if (this.given.length === 0) this.input(0)
    return this.given.map((_, i) => this.input(i))
  }

  /** An input as a float32 tensor, whatever its element type. */
  float(index: number): Tensor {
    const value = this.input(index)
    return value.isFloat ? value.tensor() : value.tensor().cast('float32')
  }

  optionalFloat(index: number): Tensor | null {
    return this.optional(index) === null ? null : this.float(index)
  }

  /** An input that lists whole numbers: a shape, axes. */
  wholes(index: number): number[] {
    return Array.from(this.input(index).numbers())
  }

  optionalWholes(index: number): number[] | null {
    return this.optional(index) === null ? null : this.wholes(index)
  }

  /** An input with a single number. */
  number(index: number): number {
    const numbers = this.input(index).numbers()
    return numbers.length === 1
      ? numbers[0]
      : refuse(this.node.label, `its input ${index} has ${numbers.length} numbers where one is due`)
  }

  optionalNumber(index: number): number | null {
    return this.optional(index) === null ? null : this.number(index)
  }

  /** Whether anybody asked for an output. */
  wants(output: number): boolean {
    return (this.node.outputs[output] ?? '') !== ''
  }

  /** An axis in −rank … rank−1 as 0 … rank−1. */
  axis(axis: number, shape: Shape): number {
    return normalizeAxis(this.node.opType, axis, shape)
  }

  /** Refuses a shape that would take more memory than the run allows. */
  bounded<S extends Shape>(shape: S): S {
    const size = sizeOf(shape)
    const isShape = shape.every(length => Number.isSafeInteger(length) && length >= 0)
    if (isShape && size <= this.run.maximumElements) return shape
    throw new ValueError({
      operation: this.node.opType,
      problem: `would make the shape [${shape.join(', ')}], and at most ${this.run.maximumElements} elements are allowed.`,
      hint: 'raise maximumElements in the options of loadOnnx.',
      received: size,
    })
  }

  /** One result with the element type of an input (the first by default). */
  like(tensor: Tensor, input = 0): Value {
    return Value.ofTensor(tensor, this.input(input).type)
  }

  /** A graph among the attributes, run with these inputs. */
  branch(name: string, inputs: readonly Value[] = []): readonly Value[] {
    const graph = this.node.graphs.get(name)
    if (graph === undefined) return refuse(this.node.label, `its graph "${name}" is missing`)
    return this.run.branch(graph, inputs)
  }
}

/** The results of an operator: null for an optional output that it does not compute. */
export type Results = Value | readonly (Value | null)[]

/** An operator: what it makes of its inputs. */
export type Operator = (call: Call) => Results

/** Operators by name. */
export type Operators = Readonly<Record<string, Operator>>

export const int64 = (numbers: ArrayLike<number>, shape: Shape, type: ElementType = 'int64'): Value =>
  Value.ofNumbers(numbers, shape, type)
