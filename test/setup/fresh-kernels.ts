import { isFresh } from '../../scripts/build-kernels.mjs'

/** Tests against stale binaries prove nothing: refuse to start. */
export default function setup(): void {
  if (!isFresh()) throw new Error('The WebAssembly kernels are stale. Run: npm run prepare')
}
