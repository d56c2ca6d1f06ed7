export type { TextSource } from './chunks.ts'
export { type Cell, type CsvOptions, fromCsv, fromTsv, type Row } from './csv.ts'
export { fromImageFolder, type ImageExample, type ImageFolder, type ImageFolderOptions } from './images.ts'
export { fromNdjson } from './ndjson.ts'
