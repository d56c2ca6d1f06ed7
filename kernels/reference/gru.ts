import type { Heap, Kernels, Pointer } from '../kernels.ts'
import type { GruBackward, GruForward } from '../recurrent.ts'
import { hardSigmoid, hardSigmoidSlope, sigmoidSlope } from './gates.ts'
import { sigmoid } from './unary.ts'
import { type Columns, createVectors, stepsOf, type Vector } from './vectors.ts'

/**
 * The GRU over a whole sequence, one row of the batch after the other. With W_z, W_r, W_h the thirds of the kernel, b
 * and c the biases of x and of h:
 *
 *   z, r = σ(x_t·W + h_{t−1}·U + b + c)
 *   h̃ = tanh(x_t·W_h + b_h + r ⊙ (h_{t−1}·U_h + c_h))      with resetAfter
 *   h̃ = tanh(x_t·W_h + b_h + (r ⊙ h_{t−1})·U_h)            without; there is no c
 *   h_t = z ⊙ h_{t−1} + (1 − z) ⊙ h̃
 *
 * Where the mask is 0 the step is skipped: h_t = h_{t−1}, the gates are left unwritten, and the gradient goes straight
 * through.
 */
export function createGru(heap: Heap): Pick<Kernels, 'gruForward' | 'gruBackward'> {
  const { read, write, clear, add, times, timesTransposed, addOuter } = createVectors(heap)

  /** The columns of z and r, and those of h. */
  const parts = (at: Pointer, units: number): { gates: Columns; candidate: Columns } => ({
    gates: { at, stride: 3 * units, first: 0, columns: 2 * units },
    candidate: { at, stride: 3 * units, first: 2 * units, columns: units },
  })

  function gruForward(p: GruForward): void {
    const { batch, inputSize, units } = p
    const sigma = p.hardSigmoid ? hardSigmoid : sigmoid
    const [W, U] = [parts(p.kernel, units), parts(p.recurrentKernel, units)]
    const bias = read(p.bias, 0, 3 * units)
    const recurrentBias = p.resetAfter ? read(p.bias, 1, 3 * units) : new Float64Array(3 * units)
    for (let b = 0; b < batch; b++) {
      let h = read(p.h0, b, units)
      for (const { row, skipped } of stepsOf(heap, p, b)) {
        if (!skipped) {
          const x = read(p.x, row, inputSize)
          const before = h
          const fromH = times(h, U.gates)
          const given = read(p.projected ?? 0, row, 3 * units)
          const zr = times(x, W.gates).map((value, j) =>
            sigma(value + given[j] + fromH[j] + bias[j] + recurrentBias[j]),
          )
          const [z, r] = [zr.subarray(0, units), zr.subarray(units)]
          const reset = h.map((value, u) => value * r[u])
          const product = times(p.resetAfter ? h : reset, U.candidate).map(
            (value, u) => value + recurrentBias[2 * units + u],
          )
          const fromX = times(x, W.candidate).map(
            (value, u) => value + given[2 * units + u] + bias[2 * units + u],
          )
          const candidate = fromX.map((value, u) =>
            Math.tanh(value + (p.resetAfter ? r[u] * product[u] : product[u])),
          )
          h = z.map((value, u) => value * before[u] + (1 - value) * candidate[u])
          const saved = [candidate, z, r, p.resetAfter ? product : reset]
          for (const [i, values] of saved.entries()) write(p.gates, 4 * row + i, values)
        }
        write(p.out, row, h)
      }
      write(p.hLast, b, h)
    }
  }

  /**
   * With dh the gradient of h_t (dOut_t included), q = h_{t−1}·U_h + c_h, and d… the gradients of the gates' sums:
   *
   *   da = dh ⊙ (1 − z) ⊙ (1 − h̃²)     dz = dh ⊙ (h_{t−1} − h̃) ⊙ σ′(z)     dx_t = [dz, dr, da]·Wᵀ
   *   dq = da ⊙ r     dr = da ⊙ q ⊙ σ′(r)     dh_{t−1} = dh ⊙ z + [dz, dr, dq]·Uᵀ              with resetAfter
   *   ds = da·U_hᵀ    dr = ds ⊙ h_{t−1} ⊙ σ′(r)     dh_{t−1} = dh ⊙ z + ds ⊙ r + [dz, dr]·U_zrᵀ     without
   */
  function gruBackward(p: GruBackward): void {
    const { batch, inputSize, units, resetAfter } = p
    const slope = p.hardSigmoid ? hardSigmoidSlope : sigmoidSlope
    const [W, U] = [parts(p.kernel, units), parts(p.recurrentKernel, units)]
    const [dW, dU] = [parts(p.dKernel, units), parts(p.dRecurrentKernel, units)]
    clear(p.dKernel, inputSize * 3 * units)
    clear(p.dRecurrentKernel, units * 3 * units)
    clear(p.dBias, (resetAfter ? 2 : 1) * 3 * units)
    for (let b = 0; b < batch; b++) {
      let dh = read(p.dhLast, b, units)
      const steps = stepsOf(heap, p, b)
      for (let turn = p.time - 1; turn >= 0; turn--) {
        const { row, skipped } = steps[turn]
        const dOut = read(p.dOut, row, units)
        const d = dh.map((value, u) => value + dOut[u])
        dh = d
        if (skipped) {
          write(p.dx, row, new Float64Array(inputSize))
          continue
        }
        const [candidate, z, r, last] = [0, 1, 2, 3].map(i => read(p.gates, 4 * row + i, units))
        const before = turn > 0 ? read(p.out, steps[turn - 1].row, units) : read(p.h0, b, units)
        const da = d.map((value, u) => value * (1 - z[u]) * (1 - candidate[u] ** 2))
        const dz = d.map((value, u) => value * (before[u] - candidate[u]) * slope(z[u]))
        const dq = resetAfter ? da.map((value, u) => value * r[u]) : da
        const ds = timesTransposed(dq, U.candidate, units)
        const dr = resetAfter
          ? da.map((value, u) => value * last[u] * slope(r[u]))
          : ds.map((value, u) => value * before[u] * slope(r[u]))
        const gates = joined(dz, dr)
        const fromGates = timesTransposed(gates, U.gates, units)
        dh = d.map((value, u) => value * z[u] + (resetAfter ? ds[u] : ds[u] * r[u]) + fromGates[u])

        const x = read(p.x, row, inputSize)
        const throughCandidate = timesTransposed(da, W.candidate, inputSize)
        const throughGates = timesTransposed(gates, W.gates, inputSize)
        write(
          p.dx,
          row,
          throughGates.map((value, i) => value + throughCandidate[i]),
        )
        addOuter(dW.gates, x, gates)
        addOuter(dW.candidate, x, da)
        addOuter(dU.gates, before, gates)
        addOuter(dU.candidate, resetAfter ? before : last, dq)
        add(p.dBias, 0, joined(gates, da))
        if (resetAfter) add(p.dBias, 1, joined(gates, dq))
      }
      write(p.dh0, b, dh)
    }
  }

  return { gruForward, gruBackward }
}

function joined(a: Vector, b: Vector): Vector {
  const both = new Float64Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
