// Entry of the AssemblyScript build: everything exported here is callable from TypeScript.
export * from './elementwise'
export * from './transcendental'
export * from './parametric'
export * from './gradient'
export * from './convert'
export * from './binary'
export * from './reduce'
export * from './extrema'
export * from './softmax'
export * from './crossentropy'
export * from './gather'
export * from './move'
export * from './optimizer'
export * from './gemm'
export * from './peak'
export * from './recurrent'
export * from './norm'
export * from './attention'
export {
  conv_forward, conv_forward_parts, conv_input, conv_kernel, conv_kernel_finish, conv_kernel_parts, conv_pack,
  conv_packed_bytes, conv_scratch_bytes, conv_sums_bytes,
} from './conv'
export * from './pool'
