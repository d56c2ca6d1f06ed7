/**
 * Where matrix products of the `wasm` engine may run: `wasm` nowhere else, `auto` on a GPU that is faster, `gpu` on the
 * GPU whatever it costs. Set with the device, read by what sends products to a GPU.
 */
export type OffloadChoice = 'wasm' | 'auto' | 'gpu'

export const offloading: {
  choice: OffloadChoice
  /** Why there is no GPU; null while there is one. */
  absent: string | null
} = {
  choice: 'wasm',
  absent: 'there is none: call await useGpu() first',
}
