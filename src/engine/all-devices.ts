import { createReferenceKernels } from '../../kernels/reference/index.ts'
import { referenceKernels } from './reference-kernels.ts'

referenceKernels.add(createReferenceKernels)
