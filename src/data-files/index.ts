import '../engine/all-devices.ts'
import '../ops/methods.ts'

export type { TextSource } from './chunks.ts'
export { type CsvOptions, fromCsv, fromTsv } from './csv.ts'
export type { Cell, Row } from './csv-row.ts'
export { fromImageFolder, type ImageExample, type ImageFolder, type ImageFolderOptions } from './images.ts'
export { fromNdjson } from './ndjson.ts'
