import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { tfjsOn } from './tfjs.mjs'

setThreadsCount(1)

export const library = await tfjsOn('wasm')
