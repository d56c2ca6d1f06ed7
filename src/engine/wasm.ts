import * as muladd from './generated/muladd.ts'
import { moreKernels } from './more-kernels.ts'
import { relaxed } from './relaxed.ts'
import { embed } from './wasm-modules.ts'
import { createMoreKernels } from './wasm-more.ts'

// All kernels, for programs that import 'tensorloom'.
embed('muladd', muladd)
if (relaxed !== null) embed('relaxed', relaxed)
moreKernels.add(createMoreKernels)

export * from './wasm-modules.ts'
