import type { ProductSizes } from '../../../kernels/gpu/program.ts'

/** How long a kind of engine takes: ms for a call, per byte that travels, per operation. */
export interface Rates {
  readonly call: number
  readonly byte: number
  readonly flop: number
}

/** A product that was timed. */
export interface Sample {
  readonly flops: number
  /** Bytes sent and read back. */
  readonly bytes: number
  readonly ms: number
}

export const flopsOf = ({ m, n, k }: ProductSizes): number => 2 * m * n * k

/** Bytes of both operands and the result. */
export const bytesOf = ({ m, n, k }: ProductSizes): number => 4 * (m * k + k * n + m * n)

export const predict = ({ call, byte, flop }: Rates, flops: number, bytes: number): number =>
  call + byte * bytes + flop * flops

/**
 * The rates that explain three samples of growing size: the smallest is all call, the larger two give the other rates.
 * Where noise would make one of them negative, it is left out.
 */
export function ratesFrom([small, middle, large]: readonly [Sample, Sample, Sample]): Rates {
  const call = Math.min(small.ms, middle.ms, large.ms)
  const [p, q] = [middle.ms - call, large.ms - call]
  const determinant = middle.bytes * large.flops - large.bytes * middle.flops
  const byte = (p * large.flops - q * middle.flops) / determinant
  const flop = (middle.bytes * q - large.bytes * p) / determinant
  if (byte >= 0 && flop >= 0) return { call, byte, flop }
  return flop < 0 ? { call, byte: q / large.bytes, flop: 0 } : { call, byte: 0, flop: q / large.flops }
}

/** A GPU begins only where it promises to be this much faster; it goes on as long as it is faster at all. */
export const ADVANTAGE = 1.5

/** Whether a GPU shall take a product, given what both are expected to need and whether it had it so far. */
export const gpuWins = (gpuMs: number, wasmMs: number, hadIt: boolean): boolean =>
  gpuMs * (hadIt ? 1 : ADVANTAGE) < wasmMs

/** The least side of a square product that a GPU wins, a power of two up to 8192; null where it wins none. */
export function breakEven(gpu: Rates, wasm: Rates): number | null {
  for (let side = 32; side <= 8192; side *= 2) {
    const sizes = { m: side, n: side, k: side }
    const flops = flopsOf(sizes)
    if (gpuWins(predict(gpu, flops, bytesOf(sizes)), predict(wasm, flops, 0), false)) return side
  }
  return null
}
