import '../../complete.ts'

export { loadTfjsModel, type LoadTfjsOptions } from './load.ts'
export { saveTfjsModel, type TfjsModel, toTfjsModel } from './save.ts'
export type { TfjsArtifacts, TfjsSource } from './source.ts'
