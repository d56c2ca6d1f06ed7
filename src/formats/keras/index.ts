import '../../complete.ts'

export { type KerasSource, loadKeras, type LoadKerasOptions, loadKerasWeights } from './load.ts'
export { saveKeras, serializeKeras, serializeKerasWeights } from './write.ts'
