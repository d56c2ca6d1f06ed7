import '../../complete.ts'

export { type KerasSource, loadKeras, type LoadKerasOptions, loadKerasWeights } from './load.ts'
export { saveKeras, serializeKeras, type SerializeKerasOptions, serializeKerasWeights } from './write.ts'
