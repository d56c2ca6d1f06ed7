import { currentEngine } from '../engine/device.ts'
import { lifetime } from '../engine/lifetime.ts'
import type { Storage } from '../engine/storage.ts'
import { type GraphNode, SPENT } from '../tensor/node.ts'
import { sameShape } from '../tensor/shape.ts'
import { isMappedTensor } from '../tensor/mapped.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { calculus } from './calculus.ts'
import { changedInPlace, spentGraph } from './graph-errors.ts'
import { inspection } from './inspection.ts'
import { gradMode } from './mode.ts'
import { savedVersions } from './record.ts'
import { trace } from './trace.ts'

export interface BackwardOptions {
  /** Record the gradients' own computation, so that they can be differentiated again. Default false. */
  readonly createGraph?: boolean
  /** Keep what the graph saved, so that backward can run again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean
}

let lastPass = 0

/** What a running pass has noted at a node; a pass that user code starts within it gives it back. */
type Notes = Pick<GraphNode, 'pass' | 'active' | 'gradients'>

/** The passes that are running, outermost first: the gradient of a custom function may start another one. */
const running: number[] = []

/** Whether this is called from the gradient of an operation. */
export const isInsideBackward = (): boolean => running.length > 0

/** One run over the graph below some roots. */
export class BackwardPass {
  private readonly id = ++lastPass
  private readonly createGraph: boolean
  private readonly retainGraph: boolean
  /** Gradients of leaves, and of the wanted tensors. */
  readonly results = new Map<Tensor, Tensor>()
  /** What used-up operations leave behind, but others still need: looked at again at the end. */
  private readonly postponed: Storage[] = []
  private readonly borrowed: { readonly node: GraphNode; readonly notes: Notes }[] = []

  constructor(
    options: BackwardOptions,
    /** The tensors to differentiate by; null means every leaf that requires a gradient. */
    private readonly wanted: ReadonlySet<Tensor> | null,
    /** The graph ends at the wanted tensors: what lies below them belongs to somebody else. */
    private readonly stopAtWanted: boolean,
  ) {
    this.createGraph = options.createGraph ?? false
    this.retainGraph = options.retainGraph ?? this.createGraph
  }

  run(roots: readonly Tensor[], seeds: readonly Tensor[]): void {
    let nodes: readonly GraphNode[] = []
    const outer = gradMode.retainGraph
    gradMode.retainGraph = this.retainGraph
    try {
      nodes = this.collect(roots)
      running.push(this.id)
      for (let i = 0; i < roots.length; i++) this.send(roots[i], seeds[i])
      for (const node of nodes) {
        if (!node.active) continue
        if (trace.current === null) this.visit(node)
        else trace.current.visited(node, () => this.visit(node))
        if (!this.retainGraph) spend(node, this.postponed)
      }
    } catch (error) {
      this.abandon(nodes)
      throw error
    } finally {
      gradMode.retainGraph = outer
      if (running[running.length - 1] === this.id) running.pop()
      // Also after an error: kernels may have overwritten what was saved. What no gradient went through stays.
      if (!this.retainGraph) {
        for (const node of nodes) if (node.active && !node.spent) spend(node)
        for (const storage of this.postponed) retire(storage)
      }
      for (const { node, notes } of this.borrowed) Object.assign(node, notes)
    }
  }

  /** Lets go of every pending gradient: nothing may point at them after an error. */
  private abandon(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      for (const gradient of node.gradients ?? []) if (gradient !== null) this.letGo(gradient)
      node.gradients = null
    }
    for (const gradient of this.results.values()) this.letGo(gradient)
    this.results.clear()
  }

  /** Every recorded operation below the roots, latest first, marked `active` if a gradient must flow through it. */
  private collect(roots: readonly Tensor[]): GraphNode[] {
    const nodes: GraphNode[] = []
    for (const root of roots) this.meet(root, nodes)
    // What is met is appended, so this goes on until nothing new is found.
    for (let next = 0; next < nodes.length; next++) {
      for (const input of nodes[next].inputs) this.meet(input, nodes)
    }
    nodes.sort((a, b) => b.id - a.id)
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i]
      node.active = node.inputs.some(input => this.leadsSomewhere(input)) || this.wantsOutputOf(node)
    }
    return nodes
  }

  /** Lists the operation that a tensor came from, once. */
  private meet(tensor: Tensor, nodes: GraphNode[]): void {
    const { node } = tensor
    if (node === null || !tensor.requiresGrad || node.pass === this.id) return
    if (this.stopAtWanted && this.wanted?.has(tensor)) return
    if (node.spent) throw spentGraph()
    if (running.includes(node.pass)) {
      const { pass, active, gradients } = node
      this.borrowed.push({ node, notes: { pass, active, gradients } })
    }
    node.pass = this.id
    node.gradients = null
    nodes.push(node)
  }

  private leadsSomewhere(tensor: Tensor): boolean {
    if (!tensor.requiresGrad) return false
    if (this.wanted === null) return true
    return this.wanted.has(tensor) || tensor.node?.active === true
  }

  private wantsOutputOf(node: GraphNode): boolean {
    const { wanted } = this
    return wanted !== null && node.outputs.some(output => wanted.has(output))
  }

  /** Adds a gradient to what its tensor has received so far. */
  private send(tensor: Tensor, gradient: Tensor): void {
    const { node } = tensor
    if (node !== null && node.pass === this.id) {
      if (!node.active) return
      if (node.gradients === null) node.gradients = node.outputs.map(() => null)
      node.gradients[tensor.outputIndex] = this.merge(node.gradients[tensor.outputIndex], gradient)
    } else if (this.wanted === null ? tensor.requiresGrad : this.wanted.has(tensor)) {
      // A pass within this one has used up what this one is about to go through.
      if (node?.spent === true) throw spentGraph()
      this.results.set(tensor, this.merge(this.results.get(tensor) ?? null, gradient))
    }
  }

  private merge(sum: Tensor | null, gradient: Tensor): Tensor {
    if (sum === null) {
      gradient.storage.holds++
      return gradient
    }
    if (
      !this.createGraph &&
      sum.storage.temporary &&
      sum.storage.holds === 1 &&
      !sum.storage.visible &&
      sum.storage !== gradient.storage &&
      !isMappedTensor(gradient)
    ) {
      addInPlace(sum, gradient)
      return sum
    }
    const total = calculus.add(sum, gradient)
    total.storage.holds++
    this.letGo(sum)
    return total
  }

  private letGo(gradient: Tensor): void {
    const { storage } = gradient
    if (--storage.holds === 0 && storage.temporary) free(storage)
  }

  private visit(node: GraphNode): void {
    const { gradients } = node
    if (gradients === null) return
    if (node.spent) throw spentGraph()
    if (node.rule.readsValues && savedVersions(node) !== node.versions) throw changedInPlace(node)
    if (this.wantsOutputOf(node)) {
      for (let i = 0; i < gradients.length; i++) {
        const gradient = gradients[i]
        if (gradient === null || !this.wanted?.has(node.outputs[i])) continue
        gradient.storage.holds++
        this.results.set(node.outputs[i], gradient)
      }
    }
    const created: Storage[] = []
    const outer = lifetime.created
    lifetime.created = created
    const wasInGradient = inspection.isInGradient
    inspection.isInGradient = true
    try {
      const thunks = node.rule.gradient(node, gradients)
      for (let i = 0; i < thunks.length; i++) {
        const thunk = thunks[i]
        const input = node.inputs[i]
        if (thunk === null || !this.leadsSomewhere(input)) continue
        const gradient = thunk()
        inspection.inspector?.inspectGradient(node, i, gradient)
        this.send(
          input,
          sameShape(gradient.shape, input.shape) ? gradient : calculus.sumTo(gradient, input.shape),
        )
      }
    } finally {
      inspection.isInGradient = wasInGradient
      lifetime.created = outer
      for (const storage of created) {
        if (storage.holds === 0 && !(this.createGraph && storage.recorded)) free(storage)
      }
    }
    for (const gradient of gradients) if (gradient !== null) this.letGo(gradient)
    node.gradients = null
  }
}

function free(storage: Storage): void {
  if (storage.engine !== null && !storage.visible && !storage.owned) storage.engine.release(storage)
}

/**
 * Frees what only the graph held and evicts what user code may still hold. What the rest of a running pass needs is left
 * to the end: it goes to `postponed`.
 */
export function spend(node: GraphNode, postponed: Storage[] | null = null): void {
  for (const storage of node.saved) giveUp(storage, postponed)
  for (const output of node.outputs) {
    output.storage.references--
    giveUp(output.storage, postponed)
    output.node = SPENT
  }
  for (const input of node.inputs) {
    input.storage.references--
    if (!input.requiresGrad && mayRetire(input.storage)) giveUp(input.storage, postponed)
  }
  node.inputs = []
  node.outputs = []
  node.saved = []
  node.spent = true
}

function giveUp(storage: Storage, postponed: Storage[] | null): void {
  if (postponed !== null && (storage.holds > 0 || storage.references > 0)) postponed.push(storage)
  else retire(storage)
}

function retire(storage: Storage): void {
  const { engine } = storage
  if (engine === null || storage.owned || storage.holds > 0) return
  if (storage.visible) engine.evict(storage)
  // A mask, say, that another graph reads as well goes with the last of them.
  else if (storage.references === 0) engine.release(storage)
}

/** Small batches are copied to the engine again if they come again; larger ones are left to the budget. */
const CHEAP_UPLOAD = 1 << 16

/** Constants that go: those made inside a layer (dropout masks, casts of labels), and the hot copy of large batches. */
function mayRetire(storage: Storage): boolean {
  if (storage.engine === null) return false
  const { length, cold, visible } = storage
  return !visible || (cold !== null && length > 1 && length <= CHEAP_UPLOAD)
}

export function addInPlace(sum: Tensor, gradient: Tensor): void {
  const engine = currentEngine()
  engine.beginOperation()
  engine.kernels.axpy(engine.pointerForWrite(sum.storage), engine.pointer(gradient.storage), sum.size, 1)
}
