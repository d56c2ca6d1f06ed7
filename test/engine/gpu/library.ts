export * from '../../../src/index.ts'
export { engineOf } from '../../../src/engine/device.ts'
