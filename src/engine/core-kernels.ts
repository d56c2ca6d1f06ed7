import * as core from './generated/core.ts'
import { embedPart } from './wasm-modules.ts'

embedPart('muladd', core)
