import type { Heap, Kernels } from '../kernels.ts'
import { floatType, intType } from './arithmetic.ts'
import { createElements } from './elements.ts'
import { createMaps } from './maps.ts'

export type ElementwiseKernels = Pick<Kernels, 'float' | 'int'> & ReturnType<typeof createMaps>

/** The part of the library that WebAssembly covers in part only: it falls back on these loops. */
export const createElementwise = (heap: Heap): ElementwiseKernels => ({
  float: createElements(heap, floatType(heap)),
  int: createElements(heap, intType(heap)),
  ...createMaps(heap),
})
