import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'

/** What is known of the products of one operation and size. */
export interface ShapeClass {
  uses: number
  /** Its first result was compared with ours. */
  isChecked: boolean
  /** Whether the GPU had the last one. */
  onGpu: boolean
  /** Why the GPU does not get it any more. */
  refusal: string | null
  /** Measured ms: the best of WebAssembly, a running mean of the GPU after its first, which compiles. */
  wasmMs: number | null
  gpuMs: number | null
  gpuCalls: number
}

/** So many shapes are remembered; then all are forgotten, as if the program had begun anew. */
const MOST_SHAPES = 4096
/** Weight of a new time in the running mean. */
const NEW_TIME = 0.2

export class Shapes {
  private readonly classes = new Map<string, ShapeClass>()

  of(op: ProductOp, { m, n, k }: ProductSizes): ShapeClass {
    const key = `${op} ${m}x${k}x${n}`
    let found = this.classes.get(key)
    if (found === undefined) {
      if (this.classes.size >= MOST_SHAPES) this.classes.clear()
      found = {
        uses: 0,
        isChecked: false,
        onGpu: false,
        refusal: null,
        wasmMs: null,
        gpuMs: null,
        gpuCalls: 0,
      }
      this.classes.set(key, found)
    }
    return found
  }

  clear(): void {
    this.classes.clear()
  }
}

export function noteWasm(shape: ShapeClass, ms: number): void {
  shape.wasmMs = Math.min(shape.wasmMs ?? ms, ms)
}

export function noteGpu(shape: ShapeClass, ms: number): void {
  shape.gpuCalls++
  if (shape.gpuCalls === 1) return
  shape.gpuMs = shape.gpuMs === null ? ms : shape.gpuMs + NEW_TIME * (ms - shape.gpuMs)
}
