import { createReferenceKernels } from '../../kernels/reference/index.ts'
import { referenceKernels } from './reference-kernels.ts'
import './wasm.ts'

referenceKernels.add(createReferenceKernels)
