import type { Storage } from '../engine/storage.ts'
import type { Tensor } from './tensor.ts'

/** Computes one input's gradient when it is wanted; one that is not wanted never runs. */
export type Thunk = () => Tensor

/** What a backward pass needs to know about an operation. */
export interface GradientRule {
  readonly name: string
  /**
   * One thunk per input (null: that input has no gradient), given the gradients of the outputs
   * (null for an output that the loss does not depend on).
   */
  readonly gradient: (
    node: GraphNode,
    outputGradients: readonly (Tensor | null)[],
  ) => readonly (Thunk | null)[]
  /** Whether the gradient reads the numbers of inputs or outputs, which then must not change before it does. */
  readonly readsValues: boolean
  /** Why the operation has no gradient, if it has none. */
  readonly noGradient?: string
}

/** One recorded operation. Only its outputs refer to it: there is no global tape. */
export interface GraphNode {
  /** Grows with time, so descending order is a valid order for backward. */
  readonly id: number
  readonly rule: GradientRule
  inputs: readonly Tensor[]
  outputs: readonly Tensor[]
  readonly attributes: unknown
  /** Storages that only the graph holds (gates, masks): freed by backward. */
  saved: readonly Storage[]
  /** Sum of the versions of everything the gradient reads, at the time of recording. */
  versions: number
  spent: boolean
  /** Scratch of the running backward pass. */
  pass: number
  active: boolean
  gradients: (Tensor | null)[] | null
}

/** What a result that has no gradient remembers of its operation: enough for the error. */
export const deadEnd = (rule: GradientRule): GraphNode => ({ ...SPENT, rule, spent: false })

/** Stands in for every node whose saved values a backward pass has freed. */
export const SPENT: GraphNode = {
  id: 0,
  rule: { name: 'spent', gradient: () => [], readsValues: false },
  inputs: [],
  outputs: [],
  attributes: null,
  saved: [],
  versions: 0,
  spent: true,
  pass: 0,
  active: false,
  gradients: null,
}
