import type { Heap, Kernels } from '../kernels.ts'
import type { RnnBackward, RnnForward } from '../recurrent.ts'
import { createVectors, stepsOf } from './vectors.ts'

/**
 * The simple recurrence over a whole sequence, one row of the batch after the other:
 *
 *   h_t = f(x_t·W + h_{t−1}·U + b)      f = tanh or relu
 *
 * Where the mask is 0 the step is skipped: h_t = h_{t−1}, and the gradient goes straight through.
 */
export function createRnn(heap: Heap): Pick<Kernels, 'rnnForward' | 'rnnBackward'> {
  const { read, write, clear, add, times, timesTransposed, addOuter } = createVectors(heap)

  function rnnForward(p: RnnForward): void {
    const { batch, inputSize, units } = p
    const activate = p.relu ? (x: number) => Math.max(x, 0) : Math.tanh
    const all = { stride: units, first: 0, columns: units }
    const bias = read(p.bias, 0, units)
    for (let b = 0; b < batch; b++) {
      let h = read(p.h0, b, units)
      for (const { row, skipped } of stepsOf(heap, p, b)) {
        if (!skipped) {
          const fromX = times(read(p.x, row, inputSize), { at: p.kernel, ...all })
          const fromH = times(h, { at: p.recurrentKernel, ...all })
          const given = read(p.projected ?? 0, row, units)
          h = fromX.map((value, u) => activate(value + given[u] + fromH[u] + bias[u]))
        }
        write(p.out, row, h)
      }
      write(p.hLast, b, h)
    }
  }

  /**
   * With dh the gradient of h_t (dOut_t included), and f′ in terms of h:
   *
   *   dz = dh ⊙ f′     dh_{t−1} = dz·Uᵀ     dx_t = dz·Wᵀ     dW = Σ x_tᵀ·dz     dU = Σ h_{t−1}ᵀ·dz     db = Σ dz
   */
  function rnnBackward(p: RnnBackward): void {
    const { batch, inputSize, units } = p
    const slope = p.relu ? (y: number) => (y > 0 ? 1 : 0) : (y: number) => 1 - y * y
    const all = { stride: units, first: 0, columns: units }
    clear(p.dKernel, inputSize * units)
    clear(p.dRecurrentKernel, units * units)
    clear(p.dBias, units)
    for (let b = 0; b < batch; b++) {
      let dh = read(p.dhLast, b, units)
      const steps = stepsOf(heap, p, b)
      for (let turn = p.time - 1; turn >= 0; turn--) {
        const { row, skipped } = steps[turn]
        const dOut = read(p.dOut, row, units)
        dh = dh.map((value, u) => value + dOut[u])
        if (skipped) {
          write(p.dx, row, new Float64Array(inputSize))
          continue
        }
        const h = read(p.out, row, units)
        const dz = dh.map((value, u) => value * slope(h[u]))
        const before = turn > 0 ? read(p.out, steps[turn - 1].row, units) : read(p.h0, b, units)
        dh = timesTransposed(dz, { at: p.recurrentKernel, ...all }, units)
        write(p.dx, row, timesTransposed(dz, { at: p.kernel, ...all }, inputSize))
        addOuter({ at: p.dKernel, ...all }, read(p.x, row, inputSize), dz)
        addOuter({ at: p.dRecurrentKernel, ...all }, before, dz)
        add(p.dBias, 0, dz)
      }
      write(p.dh0, b, dh)
    }
  }

  return { rnnForward, rnnBackward }
}
