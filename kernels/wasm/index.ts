// Entry of the whole AssemblyScript build.
export * from './core'
export * from './peak'
export * from './norm'
export {
  conv_forward, conv_forward_parts, conv_input, conv_kernel, conv_kernel_finish, conv_kernel_parts, conv_pack,
  conv_packed_bytes, conv_scratch_bytes, conv_sums_bytes,
} from './conv'
export * from './pool'
