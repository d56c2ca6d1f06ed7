/** Factorisations of small matrices, as `linalg.solve` and so on; leading axes are a batch. */
export { cholesky } from './cholesky.ts'
export { determinant, type LogDeterminant, logDeterminant } from './determinant.ts'
export { inverse } from './inverse.ts'
export { type Qr, qr } from './qr.ts'
export { solve } from './solve.ts'
