// Entry of the AssemblyScript build: everything exported here is callable from TypeScript.
export * from './elementwise'
export * from './gemm'
export * from './peak'
export * from './lstm'
