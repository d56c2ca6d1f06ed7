import { tfjsOn } from './tfjs.mjs'

export const library = await tfjsOn('cpu')
