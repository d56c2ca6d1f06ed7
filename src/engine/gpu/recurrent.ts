import type { Heap, Kernels, Pointer } from '../../../kernels/kernels.ts'
import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'
import type { RecurrentBackward, RecurrentForward } from '../../../kernels/recurrent.ts'
import type { RecurrentKernels } from '../wasm-recurrent.ts'

/** What a recurrent layer asks about its products before it hands them over. */
export interface ProductPolicy {
  /** Whether the GPU would take the product. */
  wants(op: ProductOp, sizes: ProductSizes): boolean
  /** Told of a product that stays within the layer's own kernel, and why if it has to. */
  stays(op: ProductOp, sizes: ProductSizes, kernel: string, reason?: string): void
}

/** Columns of dZ, from `from` on in a row of dZ; they belong to column `to` of the kernels. */
interface Section {
  readonly from: number
  readonly to: number
  readonly columns: number
}

/** How a cell's dZ meets x, and what its rows meet of the state before: h₋₁, or r ⊙ h₋₁, which a row of dZ holds. */
interface Cell {
  readonly name: string
  /** Columns of the kernels. */
  readonly width: number
  /** Numbers in a row of dZ. */
  readonly row: number
  readonly inputs: readonly Section[]
  readonly states: readonly (Section & { readonly resetAt?: number })[]
}

/** LSTM and the simple recurrence: one section that x and h₋₁ both meet. */
function plainCell(name: string, width: number): Cell {
  const all = [{ from: 0, to: 0, columns: width }]
  return { name, width, row: width, inputs: all, states: all }
}

/** A row of a GRU's dZ is [h̃, z, r, q]; its kernels have z, r, h. */
function gruCell(units: number, resetAfter: boolean): Cell {
  const gates = { from: units, to: 0, columns: 2 * units }
  const candidate = { from: 0, to: 2 * units, columns: units }
  const recurrent = resetAfter ? { ...candidate, from: 3 * units } : { ...candidate, resetAt: 3 * units }
  return {
    name: 'gru',
    width: 3 * units,
    row: 4 * units,
    inputs: [gates, candidate],
    states: [gates, recurrent],
  }
}

/**
 * Recurrent layers whose large products pass through `gemm`: the projection of all inputs, x·W, before the sweep, and
 * dX = dZ·Wᵀ, dW = Xᵀ·dZ, dU = H₋₁ᵀ·dZ after it. What the GPU does not want stays within the sweeps of `below`.
 */
export function offloadedRecurrences(
  below: RecurrentKernels,
  gemm: Kernels['gemm'],
  heap: Heap,
  policy: ProductPolicy,
): RecurrentKernels {
  const asks = (op: ProductOp, sizes: ProductSizes, { name }: Cell): boolean => {
    const wanted = policy.wants(op, sizes)
    if (!wanted) policy.stays(op, sizes, `${name} sweep`)
    return wanted
  }

  function forward<P extends RecurrentForward>(p: P, cell: Cell, run: (p: P) => void): void {
    const { batch, time, inputSize, units, x, kernel } = p
    const [m, k, n] = [batch * time, inputSize, cell.width]
    const isOurs = !asks('nn', { m, n, k }, cell)
    policy.stays(
      'nn',
      { m: batch, n, k: units },
      `${cell.name} sweep`,
      `${time} steps, each needs the one before`,
    )
    if (isOurs) {
      run(p)
      return
    }
    const projected = heap.allocate(4 * m * n)
    try {
      gemm(false, false, m, n, k, x, k, kernel, n, projected, n, false)
      run({ ...p, inputSize: 0, projected })
    } finally {
      heap.release(projected)
    }
  }

  function backward<P extends RecurrentBackward>(p: P, cell: Cell, run: (p: P) => void): void {
    const { batch, time, inputSize, units, x, kernel, dGates, dx, dKernel, dRecurrentKernel } = p
    const steps = batch * time
    const { width, row } = cell
    const input = dx !== 0 && asks('nt', { m: steps, n: inputSize, k: width }, cell)
    const weights = dKernel !== 0 && asks('tn', { m: inputSize, n: width, k: steps }, cell)
    const recurrent = dRecurrentKernel !== 0 && asks('tn', { m: units, n: width, k: steps }, cell)
    run({
      ...p,
      dx: input ? 0 : dx,
      dKernel: weights ? 0 : dKernel,
      dRecurrentKernel: recurrent ? 0 : dRecurrentKernel,
    })
    if (!(input || weights || recurrent)) return
    clearSkipped(p, row)
    if (input) {
      cell.inputs.forEach(({ from, to, columns }, i) => {
        const [dz, w] = [dGates + 4 * from, kernel + 4 * to]
        gemm(false, true, steps, inputSize, columns, dz, row, w, width, dx, inputSize, i > 0)
      })
    }
    if (weights) {
      for (const { from, to, columns } of cell.inputs) {
        const [dz, target] = [dGates + 4 * from, dKernel + 4 * to]
        gemm(true, false, inputSize, columns, steps, x, inputSize, dz, row, target, width, false)
      }
    }
    if (recurrent) recurrentGradient(p, cell)
  }

  function recurrentGradient(p: RecurrentBackward, { states, row, width }: Cell): void {
    const { batch, time, units, dGates, dRecurrentKernel } = p
    const steps = batch * time
    const before = heap.allocate(4 * steps * units)
    try {
      writeStatesBefore(p, before)
      for (const { from, to, columns, resetAt } of states) {
        const [h, stride] = resetAt === undefined ? [before, units] : [dGates + 4 * resetAt, row]
        const [dz, target] = [dGates + 4 * from, dRecurrentKernel + 4 * to]
        gemm(true, false, units, columns, steps, h, stride, dz, row, target, width, false)
      }
    } finally {
      heap.release(before)
    }
  }

  /** h₋₁ of every step: the row of `out` that was written before it, or the first state. */
  function writeStatesBefore({ batch, time, units, h0, reverse, out }: RecurrentBackward, to: Pointer): void {
    const { float } = heap
    const rest = (time - 1) * units
    for (let b = 0; b < batch; b++) {
      const begin = b * time * units
      const [first, others, source] = reverse ? [rest, 0, units] : [0, units, 0]
      const [target, states] = [to / 4 + begin, out / 4 + begin]
      float.copyWithin(target + others, states + source, states + source + rest)
      const state = target + first
      if (h0 === 0) float.fill(0, state, state + units)
      else float.copyWithin(state, h0 / 4 + b * units, h0 / 4 + (b + 1) * units)
    }
  }

  /** The sweep leaves the dZ of skipped steps unwritten. */
  function clearSkipped({ batch, time, mask, dGates }: RecurrentBackward, row: number): void {
    if (mask === 0) return
    const { int, float } = heap
    for (let step = 0; step < batch * time; step++) {
      if (int[mask / 4 + step] !== 0) continue
      const start = dGates / 4 + step * row
      float.fill(0, start, start + row)
    }
  }

  const lstm = ({ units }: { readonly units: number }): Cell => plainCell('lstm', 4 * units)
  const rnn = ({ units }: { readonly units: number }): Cell => plainCell('rnn', units)
  return {
    lstmForward: p => forward(p, lstm(p), below.lstmForward),
    lstmBackward: p => backward(p, lstm(p), below.lstmBackward),
    gruForward: p => forward(p, gruCell(p.units, p.resetAfter), below.gruForward),
    gruBackward: p => backward(p, gruCell(p.units, p.resetAfter), below.gruBackward),
    rnnForward: p => forward(p, rnn(p), below.rnnForward),
    rnnBackward: p => backward(p, rnn(p), below.rnnBackward),
  }
}
