import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'
import type { Engine } from '../engine.ts'
import type { Backend } from './backend.ts'
import { compareProducts, sumBound } from './check-product.ts'
import { flopsOf } from './cost-model.ts'
import { toFault } from './fault.ts'
import { computeAside, type Gemm, type GemmCall, opOf, operandsOf, writeProduct } from './gemm-call.ts'
import { OperandCache } from './operand-cache.ts'
import { type Product, rowsOf } from './product.ts'
import type { ProductRow } from './report.ts'
import { Router } from './router.ts'
import { noteGpu, noteWasm, type ShapeClass, Shapes } from './shapes.ts'
import { Trust } from './trust.ts'

export interface OffloadOptions {
  /** Operations of the smallest product that may go to the GPU. */
  readonly minFlops?: number
  readonly now?: () => number
  readonly warn?: (message: string) => void
}

/** What is known of a product when it has been computed. */
interface Outcome {
  readonly op: ProductOp
  readonly sizes: ProductSizes
  readonly device: 'wasm' | 'gpu'
  readonly ms: number | null
  readonly reason: string
  readonly shape: ShapeClass
  readonly kernel: string
}

/**
 * The one point through which every matrix product of the engine passes while a GPU is on: the router decides who
 * computes it, the first result of each shape is proved, and WebAssembly finishes whatever the GPU does not.
 */
export class Offload {
  readonly cache: OperandCache
  readonly trust: Trust
  readonly router: Router
  /** Told of every product, while somebody wants to know. */
  recorder: ((row: ProductRow) => void) | null = null
  private readonly shapes = new Shapes()
  private readonly now: () => number
  /** The product as the engine does it without a GPU. */
  private ours: Gemm

  constructor(
    private readonly engine: Engine,
    /** null: products are only recorded. */
    private readonly backend: Backend | null,
    { minFlops, now = () => performance.now(), warn }: OffloadOptions = {},
  ) {
    this.now = now
    this.cache = new OperandCache(engine)
    this.trust = new Trust(backend, this.cache, warn)
    this.router = new Router(engine, backend, this.trust, minFlops, now)
    this.ours = engine.kernels.gemm
  }

  /** `below` with this point in front of it. */
  over(below: Gemm): Gemm {
    this.ours = below
    this.router.recalibrate()
    return (...call) => {
      const [, , m, n, k] = call
      const sizes = { m, n, k }
      if (flopsOf(sizes) === 0 || (this.recorder === null && flopsOf(sizes) < this.router.leastFlops)) {
        this.ours(...call)
        return
      }
      const op = opOf(call)
      const shape = this.shapes.of(op, sizes)
      shape.uses++
      const { gpu, reason } = this.router.route(sizes, shape, this.ours)
      const start = this.now()
      if (gpu && this.onGpu(call, shape)) {
        const kernel = `${this.backend?.mode} ${op}`
        this.record({ op, sizes, device: 'gpu', ms: this.now() - start, reason, shape, kernel })
      } else {
        const why = gpu ? (this.trust.disabled ?? shape.refusal ?? 'the GPU failed') : reason
        this.onWasm(call, { op, sizes, reason: why, shape })
      }
    }
  }

  private onWasm(call: GemmCall, what: Pick<Outcome, 'op' | 'sizes' | 'reason' | 'shape'>): void {
    const start = this.now()
    this.ours(...call)
    const ms = this.now() - start
    noteWasm(what.shape, ms)
    this.record({ ...what, device: 'wasm', ms, kernel: `${this.engine.variant} ${what.op}` })
  }

  /** Has the GPU compute a product; false: it did not, and nothing has changed. */
  private onGpu(call: GemmCall, shape: ShapeClass): boolean {
    const { backend } = this
    if (backend === null) return false
    const { memory } = this.engine
    const [, , m, n, k] = call
    const [a, b] = operandsOf(this.cache, call)
    const product: Product = { op: opOf(call), m, n, k, a, b, drop: this.cache.takeDropped() }
    const start = this.now()
    let result: Float32Array
    try {
      result = backend.run(product, memory)
    } catch (error) {
      this.trust.counters.fallbacks++
      this.trust.recover(toFault(error), shape)
      return false
    }
    noteGpu(shape, this.now() - start)
    if (!shape.isChecked && !this.proves(product, result, shape, call)) return false
    writeProduct(memory.float, result, call)
    shape.onGpu = true
    this.trust.confirm()
    return true
  }

  /** Compares the first result of a shape with ours; a device that is wrong gets nothing any more. */
  private proves(product: Product, result: Float32Array, shape: ShapeClass, call: GemmCall): boolean {
    const { memory } = this.engine
    const { op, m, n, k, a, b } = product
    const want = computeAside(this.ours, memory, call)
    const floats = memory.float as Float32Array
    this.trust.counters.checks++
    const verdict = compareProducts(result, want, sumBound(rowsOf(floats, a), rowsOf(floats, b), k))
    if (verdict === 'wrong') {
      this.trust.counters.fallbacks++
      this.trust.refuse(`its ${op} product ${m}×${k}×${n} is wrong`)
    }
    shape.isChecked = verdict === 'right'
    return shape.isChecked
  }

  /** Whether the GPU would get a product of this size; what it would not get counts as a use, too. */
  wants(op: ProductOp, sizes: ProductSizes): boolean {
    if (flopsOf(sizes) === 0 || flopsOf(sizes) < this.router.leastFlops) return false
    const shape = this.shapes.of(op, sizes)
    const { gpu } = this.router.route(sizes, { ...shape, uses: shape.uses + 1 }, this.ours)
    if (!gpu) shape.uses++
    return gpu
  }

  /** Records a product that stays within a larger kernel. */
  stays(op: ProductOp, sizes: ProductSizes, kernel: string, given?: string): void {
    if (this.recorder === null) return
    const shape = this.shapes.of(op, sizes)
    const reason = given ?? this.router.route(sizes, shape, this.ours).reason
    this.record({ op, sizes, device: 'wasm', ms: null, reason, shape, kernel })
  }

  private record({ op, sizes, device, ms, reason, shape, kernel }: Outcome): void {
    if (this.recorder === null) return
    const predicted = this.router.expect(sizes, shape)
    const { operation } = this.engine
    this.recorder({ operation, op, ...sizes, device, kernel, predicted, measured: ms, reason })
  }

  /** The GPU in words, and why it is not used if it is not. */
  get description(): string {
    if (this.backend === null) return 'no GPU'
    const { mode, adapter } = this.backend
    return this.trust.disabled ?? `GPU ${adapter.name} through ${mode}`
  }

  /** Loses the device, as a reset of its driver would. */
  drill(): void {
    this.backend?.lose()
  }
}
