import type { createReferenceKernels } from '../../kernels/reference/index.ts'
import { Part } from '../part.ts'

/** The kernels of the devices that do without WebAssembly. */
export const referenceKernels = new Part<typeof createReferenceKernels>("device 'reference'")
