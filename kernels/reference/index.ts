import type { Heap, Kernels } from '../kernels.ts'
import { createConv } from './conv.ts'
import { createCrossEntropy } from './crossentropy.ts'
import { createElementwise } from './elementwise.ts'
import { createGemm } from './gemm.ts'
import { createGru } from './gru.ts'
import { createLstm } from './lstm.ts'
import { createNorm } from './norm.ts'
import { createOptimizer } from './optimizer.ts'
import { createRnn } from './rnn.ts'
import { createPool } from './pool.ts'
import { createSoftmax } from './softmax.ts'

/** The complete kernel library as plain TypeScript loops over `heap`. */
export function createReferenceKernels(heap: Heap): Kernels {
  const gemm = createGemm(heap)
  return {
    ...createElementwise(heap),
    ...createSoftmax(heap),
    ...createNorm(heap),
    ...createCrossEntropy(heap),
    ...createOptimizer(heap),
    gemm,
    ...createLstm(heap, gemm),
    ...createConv(heap),
    ...createPool(heap),
    ...createGru(heap),
    ...createRnn(heap),
  }
}
