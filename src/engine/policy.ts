/**
 * Where matrix products of the `wasm` engine may run: `wasm` nowhere else, `auto` on a GPU that is faster, `gpu` on the
 * GPU whatever it costs. Set with the device, read by what sends products to a GPU.
 */
export type OffloadChoice = 'wasm' | 'auto' | 'gpu'

/** While nobody has asked for a GPU. */
export const NO_GPU = 'no GPU is in use: call await useGpu() first'

export const offloading: {
  choice: OffloadChoice
  /** Why there is no GPU; null while there is one. */
  absent: string | null
  /** Runs a computation whose products a GPU gives later, as often as it takes; null where no GPU is like that. */
  deferred: (<T>(body: () => T) => Promise<T>) | null
} = {
  choice: 'wasm',
  absent: NO_GPU,
  deferred: null,
}
