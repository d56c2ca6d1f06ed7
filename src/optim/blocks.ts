import type { Kernels, Pointer } from '../../kernels/kernels.ts'
import type { Engine } from '../engine/engine.ts'

/** Elements per block: with a few arrays of it, the first-level cache is full. */
const BLOCK = 2048

/** Elementwise arithmetic on n numbers; the first argument is written and may be one of the others. */
export class BlockMath {
  constructor(
    private readonly kernels: Kernels,
    readonly n: number,
  ) {}

  /** out = factor·x + shift */
  scale(out: Pointer, x: Pointer, factor: number, shift = 0): void {
    this.kernels.parametric.scale(out, x, this.n, factor, shift)
  }

  /** out = out + factor·x */
  addScaled(out: Pointer, x: Pointer, factor: number): void {
    this.kernels.axpy(out, x, this.n, factor)
  }

  /** average = decay·average + weight·x */
  mix(average: Pointer, decay: number, x: Pointer, weight: number): void {
    this.scale(average, average, decay)
    this.addScaled(average, x, weight)
  }

  copy(out: Pointer, x: Pointer): void {
    this.kernels.float.copy(out, x, this.n)
  }

  square(out: Pointer, x: Pointer): void {
    this.kernels.unary.square(out, x, this.n)
  }

  /** out = √x, and 0 for what rounding left below 0 */
  root(out: Pointer, x: Pointer): void {
    this.kernels.parametric.clip(out, x, this.n, 0, Number.POSITIVE_INFINITY)
    this.kernels.unary.sqrt(out, out, this.n)
  }

  abs(out: Pointer, x: Pointer): void {
    this.kernels.unary.abs(out, x, this.n)
  }

  sign(out: Pointer, x: Pointer): void {
    this.kernels.unary.sign(out, x, this.n)
  }

  multiply(out: Pointer, a: Pointer, b: Pointer): void {
    this.kernels.float.binary.mul(out, a, b, 1, this.n, this.n, 1, this.n, 1)
  }

  divide(out: Pointer, a: Pointer, b: Pointer): void {
    this.kernels.float.binary.div(out, a, b, 1, this.n, this.n, 1, this.n, 1)
  }

  maximum(out: Pointer, a: Pointer, b: Pointer): void {
    this.kernels.float.binary.maximum(out, a, b, 1, this.n, this.n, 1, this.n, 1)
  }
}

/**
 * Runs a formula on arrays of `size` numbers, stretch by stretch, so that its many passes stay in the cache.
 *
 * @param arrays addresses of the arrays, at least one
 * @param spare how many temporaries the formula wants
 * @param formula gets the addresses of a stretch of each array, then those of the temporaries
 */
export function inBlocks(
  engine: Engine,
  size: number,
  arrays: readonly Pointer[],
  spare: number,
  formula: (math: BlockMath, ...pointers: Pointer[]) => void,
): void {
  const { kernels, memory } = engine
  const width = 1 << memory.floatShift
  const scratch = memory.allocate(spare * BLOCK * width + 16)
  const temporaries = Array.from({ length: spare }, (_, i) => scratch + i * BLOCK * width)
  try {
    for (let start = 0; start < size; start += BLOCK) {
      const math = new BlockMath(kernels, Math.min(BLOCK, size - start))
      formula(math, ...arrays.map(array => array + start * width), ...temporaries)
    }
  } finally {
    memory.release(scratch)
  }
}
