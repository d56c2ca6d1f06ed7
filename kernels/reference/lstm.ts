import type { Heap, Kernels, Pointer } from '../kernels.ts'
import type { LstmBackward, LstmForward } from '../recurrent.ts'
import { hardSigmoid, hardSigmoidSlope, sigmoidSlope } from './gates.ts'
import { sigmoid } from './unary.ts'

/**
 * The whole-sequence LSTM, one time step after the other.
 *
 *   z = x_t·W + h_{t−1}·U + b           [batch, 4·units], gates i, f, g, o
 *   i, f, o = σ(z_i), σ(z_f), σ(z_o)    g = tanh(z_g)
 *   c_t = f ⊙ c_{t−1} + i ⊙ g           h_t = o ⊙ tanh(c_t)
 *
 * Where the mask is 0 the step is skipped: h_t = h_{t−1}, c_t = c_{t−1}, the gates are left unwritten, and
 * the gradient goes straight through.
 */
export function createLstm(heap: Heap, gemm: Kernels['gemm']): Pick<Kernels, 'lstmForward' | 'lstmBackward'> {
  const { floatShift } = heap
  const offset = (pointer: Pointer, elements: number): Pointer => pointer + elements * 2 ** floatShift
  const index = (pointer: Pointer): number => pointer >>> floatShift

  function setOrZero(to: Pointer, from: Pointer, n: number): void {
    const { float } = heap
    if (from === 0) float.fill(0, index(to), index(to) + n)
    else float.copyWithin(index(to), index(from), index(from) + n)
  }

  function lstmForward(p: LstmForward): void {
    const { batch, time, inputSize, units, hLast: h, cLast: c } = p
    const width = 4 * units
    const sigma = p.hardSigmoid ? hardSigmoid : sigmoid
    setOrZero(h, p.h0, batch * units)
    setOrZero(c, p.c0, batch * units)
    const z = heap.allocate((batch * width) << floatShift)
    for (let step = 0; step < time; step++) {
      const t = p.reverse ? time - 1 - step : step
      for (let b = 0; b < batch; b++) setOrZero(offset(z, b * width), p.bias, width)
      gemm(
        false,
        false,
        batch,
        width,
        inputSize,
        offset(p.x, t * inputSize),
        time * inputSize,
        p.kernel,
        width,
        z,
        width,
        true,
      )
      gemm(false, false, batch, width, units, h, units, p.recurrentKernel, width, z, width, true)

      const { float, int } = heap
      if (p.projected !== undefined) {
        for (let b = 0; b < batch; b++) {
          const given = index(p.projected) + (b * time + t) * width
          for (let j = 0; j < width; j++) float[index(z) + b * width + j] += float[given + j]
        }
      }
      for (let b = 0; b < batch; b++) {
        const row = b * time + t
        const skipped = p.mask !== 0 && int[(p.mask >>> 2) + row] === 0
        for (let u = 0; u < units; u++) {
          const state = b * units + u
          const at = index(z) + b * width + u
          if (!skipped) {
            const i = sigma(float[at])
            const f = sigma(float[at + units])
            const g = Math.tanh(float[at + 2 * units])
            const o = sigma(float[at + 3 * units])
            const cell = f * float[index(c) + state] + i * g
            float[index(c) + state] = cell
            float[index(h) + state] = o * Math.tanh(cell)
            if (p.gates !== 0) {
              const gates = index(p.gates) + row * width + u
              float[gates] = i
              float[gates + units] = f
              float[gates + 2 * units] = g
              float[gates + 3 * units] = o
            }
          }
          if (p.out !== 0) float[index(p.out) + row * units + u] = float[index(h) + state]
          if (p.cells !== 0) float[index(p.cells) + row * units + u] = float[index(c) + state]
        }
      }
    }
    heap.release(z)
  }

  /**
   * With dh, dc the gradients of h_t, c_t (dh includes dOut_t) and k = tanh(c_t):
   *
   *   dc += dh ⊙ o ⊙ (1 − k²)
   *   dz = (dc ⊙ g ⊙ σ′(i),  dc ⊙ c_{t−1} ⊙ σ′(f),  dc ⊙ i ⊙ (1 − g²),  dh ⊙ k ⊙ σ′(o))
   *   dc_{t−1} = dc ⊙ f     dh_{t−1} = dz·Uᵀ     dx_t = dz·Wᵀ
   *   dW = Σ x_tᵀ·dz        dU = Σ h_{t−1}ᵀ·dz   db = Σ dz
   */
  function lstmBackward(p: LstmBackward): void {
    const { batch, time, inputSize, units } = p
    const width = 4 * units
    const slope = p.hardSigmoid ? hardSigmoidSlope : sigmoidSlope
    const dh = heap.allocate((batch * units) << floatShift)
    const dc = heap.allocate((batch * units) << floatShift)
    setOrZero(dh, p.dhLast, batch * units)
    setOrZero(dc, p.dcLast, batch * units)
    if (p.dKernel !== 0) setOrZero(p.dKernel, 0, inputSize * width)
    if (p.dRecurrentKernel !== 0) setOrZero(p.dRecurrentKernel, 0, units * width)
    if (p.dBias !== 0) setOrZero(p.dBias, 0, width)

    for (let step = time - 1; step >= 0; step--) {
      const t = p.reverse ? time - 1 - step : step
      const before = p.reverse ? t + 1 : t - 1
      const { float, int } = heap
      const cellBefore = (b: number, u: number): number => {
        if (step > 0) return float[index(p.cells) + (b * time + before) * units + u]
        return p.c0 === 0 ? 0 : float[index(p.c0) + b * units + u]
      }
      for (let b = 0; b < batch; b++) {
        const row = b * time + t
        const skipped = p.mask !== 0 && int[(p.mask >>> 2) + row] === 0
        for (let u = 0; u < units; u++) {
          const state = b * units + u
          const gates = index(p.gates) + row * width + u
          const dz = index(p.dGates) + row * width + u
          if (p.dOut !== 0) float[index(dh) + state] += float[index(p.dOut) + row * units + u]
          if (skipped) {
            for (let gate = 0; gate < 4; gate++) float[dz + gate * units] = 0
            continue
          }
          const i = float[gates]
          const f = float[gates + units]
          const g = float[gates + 2 * units]
          const o = float[gates + 3 * units]
          const k = Math.tanh(float[index(p.cells) + row * units + u])
          const dHidden = float[index(dh) + state]
          const dCell = float[index(dc) + state] + dHidden * o * (1 - k * k)
          float[dz] = dCell * g * slope(i)
          float[dz + units] = dCell * cellBefore(b, u) * slope(f)
          float[dz + 2 * units] = dCell * i * (1 - g * g)
          float[dz + 3 * units] = dHidden * k * slope(o)
          float[index(dc) + state] = dCell * f
          float[index(dh) + state] = 0 // the product below brings dh of the step before
        }
      }

      const dz = offset(p.dGates, t * width)
      const dzRow = time * width
      gemm(false, true, batch, units, width, dz, dzRow, p.recurrentKernel, width, dh, units, true)
      if (p.dx !== 0) {
        const dx = offset(p.dx, t * inputSize)
        gemm(false, true, batch, inputSize, width, dz, dzRow, p.kernel, width, dx, time * inputSize, false)
      }
      if (p.dKernel !== 0) {
        const x = offset(p.x, t * inputSize)
        gemm(true, false, inputSize, width, batch, x, time * inputSize, dz, dzRow, p.dKernel, width, true)
      }
      const hBefore = step > 0 ? offset(p.out, before * units) : p.h0
      if (p.dRecurrentKernel !== 0 && hBefore !== 0) {
        const hRow = step > 0 ? time * units : units
        gemm(true, false, units, width, batch, hBefore, hRow, dz, dzRow, p.dRecurrentKernel, width, true)
      }
      if (p.dBias !== 0) {
        for (let b = 0; b < batch; b++) {
          for (let j = 0; j < width; j++) float[index(p.dBias) + j] += float[index(dz) + b * dzRow + j]
        }
      }
    }
    if (p.dh0 !== 0) setOrZero(p.dh0, dh, batch * units)
    if (p.dc0 !== 0) setOrZero(p.dc0, dc, batch * units)
    heap.release(dc)
    heap.release(dh)
  }

  return { lstmForward, lstmBackward }
}
