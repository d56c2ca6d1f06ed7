export { loadOnnx, type LoadOnnxOptions } from './load.ts'
export { type OnnxInfo, OnnxModel, type OnnxPort } from './model.ts'
export { operatorNames } from './operators/table.ts'
export { exportOnnx, type ExportOnnxOptions } from './export/export.ts'
