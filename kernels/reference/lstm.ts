import type { Heap, Kernels } from '../kernels.ts'
import { sigmoid } from './unary.ts'

const hardSigmoid = (x: number): number => Math.min(Math.max(0.2 * x + 0.5, 0), 1)

/** The LSTM over whole sequences, forward and backward, step by step. */
export function createLstm(
  heap: Heap,
  _gemm: Kernels['gemm'],
): Pick<Kernels, 'lstmForward' | 'lstmBackward'> {
  const { floatShift: shift } = heap
  return {
    lstmForward: p => {
      const v = heap.float
      const int = heap.int
      const { batch, time, inputSize, units } = p
      const gate = p.hardSigmoid ? hardSigmoid : sigmoid
      const index = (pointer: number) => pointer >>> shift
      for (let b = 0; b < batch; b++) {
        const h = Array.from({ length: units }, (_, u) => (p.h0 ? v[index(p.h0) + b * units + u] : 0))
        const c = Array.from({ length: units }, (_, u) => (p.c0 ? v[index(p.c0) + b * units + u] : 0))
        for (let s = 0; s < time; s++) {
          const row = b * time + (p.reverse ? time - 1 - s : s)
          const kept = p.mask === 0 || int[(p.mask >>> 2) + row] !== 0
          if (kept) {
            const z = Array.from({ length: 4 * units }, (_, j) => {
              let sum = p.bias ? v[index(p.bias) + j] : 0
              for (let i = 0; i < inputSize; i++)
                sum += v[index(p.x) + row * inputSize + i] * v[index(p.kernel) + i * 4 * units + j]
              for (let i = 0; i < units; i++) sum += h[i] * v[index(p.recurrentKernel) + i * 4 * units + j]
              return sum
            })
            for (let u = 0; u < units; u++) {
              const i = gate(z[u])
              const f = gate(z[units + u])
              const g = Math.tanh(z[2 * units + u])
              const o = gate(z[3 * units + u])
              c[u] = f * c[u] + i * g
              h[u] = o * Math.tanh(c[u])
              if (p.gates)
                [i, f, g, o].forEach((x, q) => {
                  v[index(p.gates) + (row * 4 + q) * units + u] = x
                })
            }
          }
          if (p.out) v.set(h, index(p.out) + row * units)
          if (p.cells) v.set(c, index(p.cells) + row * units)
        }
        v.set(h, index(p.hLast) + b * units)
        v.set(c, index(p.cLast) + b * units)
      }
    },
    lstmBackward: () => {
      throw new Error('lstmBackward: not written yet')
    },
  }
}
