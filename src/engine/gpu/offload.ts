import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'
import type { Kernels, Pointer } from '../../../kernels/kernels.ts'
import type { Engine } from '../engine.ts'
import { offloading } from '../policy.ts'
import type { Backend } from './backend.ts'
import { type Calibration, calibrate } from './calibrate.ts'
import { compareProducts, sumBound } from './check-product.ts'
import { bytesOf, flopsOf, gpuWins, predict } from './cost-model.ts'
import { type DeviceFault, type FaultKind, toFault } from './fault.ts'
import { OperandCache } from './operand-cache.ts'
import { type Operand, type Product, rowsOf } from './product.ts'
import { freshCounters, type ProductRow } from './report.ts'
import { noteGpu, noteWasm, type ShapeClass, Shapes } from './shapes.ts'

type Gemm = Kernels['gemm']

/** A shape is compiled when it comes for the third time: many come once, the last batch of an epoch, say. */
const USES_BEFORE_GPU = 3
/** Below so many operations a product is not worth thinking about. */
const LEAST_FLOPS = 2e6
/** Measured times count from so many calls on. */
const CALLS_BEFORE_JUDGEMENT = 5
/** A lost device is started once more, and not again. */
const MOST_LOSSES = 1
/** So many shapes in a row may be beyond a device. */
const MOST_FAILURES = 4

const OPS: readonly (readonly ProductOp[])[] = [
  ['nn', 'nt'],
  ['tn', 'tt'],
]
export const opOf = (transA: boolean, transB: boolean): ProductOp => OPS[+transA][+transB]

export interface OffloadOptions {
  /** Operations of the smallest product that may go to the GPU. */
  readonly minFlops?: number
  readonly now?: () => number
  readonly warn?: (message: string) => void
}

/** Where a product goes. */
interface Route {
  readonly gpu: boolean
  readonly reason: string
}

/**
 * The one point through which every matrix product of the engine passes while a GPU is on: it decides who computes it,
 * proves the first result of each shape, and lets WebAssembly finish whatever the GPU does not.
 */
export class Offload {
  readonly counters = freshCounters()
  readonly cache: OperandCache
  /** Why the device gets no more products. */
  disabled: string | null = null
  /** Told of every product, while somebody wants to know. */
  recorder: ((row: ProductRow) => void) | null = null
  private readonly shapes = new Shapes()
  private calibration: Calibration | null = null
  private hasWarned = false
  /** Shapes that failed since one worked. */
  private failures = 0
  private readonly now: () => number
  /** The product as the engine does it without a GPU. */
  private ours: Gemm

  constructor(
    private readonly engine: Engine,
    /** null: products are only recorded. */
    private readonly backend: Backend | null,
    private readonly options: OffloadOptions = {},
  ) {
    this.now = options.now ?? (() => performance.now())
    this.cache = new OperandCache(engine)
    this.ours = engine.kernels.gemm
  }

  /** The kernels of the engine with this point in front of `below`. */
  over(below: Gemm): Gemm {
    this.ours = below
    // Threads were switched on or off: ours has another speed.
    this.calibration = null
    return (transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate) => {
      const sizes = { m, n, k }
      const isTrivial = this.recorder === null && flopsOf(sizes) < this.leastFlops
      if (isTrivial || m === 0 || n === 0 || k === 0) {
        this.ours(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, accumulate)
        return
      }
      const op = opOf(transA, transB)
      const shape = this.shapes.of(op, sizes)
      shape.uses++
      const route = this.route(sizes, shape)
      const compute = (to: Pointer, width: number, adds: boolean): void =>
        this.ours(transA, transB, m, n, k, a, lda, b, ldb, to, width, adds)
      if (route.gpu) {
        const left = transA ? ([a, lda, k, m] as const) : ([a, lda, m, k] as const)
        const right = transB ? ([b, ldb, n, k] as const) : ([b, ldb, k, n] as const)
        const operands = [this.cache.operand(...left), this.cache.operand(...right)] as const
        const start = this.now()
        if (this.onGpu({ op, ...sizes }, operands, shape, compute, { c, ldc, accumulate })) {
          const ms = this.now() - start
          this.record({ op, sizes, device: 'gpu', ms, reason: route.reason, shape })
          return
        }
      }
      const start = this.now()
      compute(c, ldc, accumulate)
      const ms = this.now() - start
      noteWasm(shape, ms)
      const reason = route.gpu ? (this.disabled ?? shape.refusal ?? 'the GPU failed') : route.reason
      this.record({ op, sizes, device: 'wasm', ms, reason, shape })
    }
  }

  private get leastFlops(): number {
    const { minFlops } = this.options
    if (this.disabled !== null || this.backend === null || offloading.choice === 'wasm')
      return Number.POSITIVE_INFINITY
    return minFlops ?? (offloading.choice === 'gpu' ? 0 : LEAST_FLOPS)
  }

  /** Whether the GPU would get a product of this size if it came now; what asks does not count as a use. */
  wants(op: ProductOp, sizes: ProductSizes): boolean {
    if (flopsOf(sizes) < this.leastFlops || sizes.m * sizes.n * sizes.k === 0) return false
    const shape = this.shapes.of(op, sizes)
    const { gpu } = this.route(sizes, { ...shape, uses: shape.uses + 1 })
    // Counted here where the product itself will not come: it is then part of another kernel.
    if (!gpu) shape.uses++
    return gpu
  }

  private route(sizes: ProductSizes, shape: ShapeClass): Route {
    const { backend, disabled } = this
    const ours = (reason: string): Route => ({ gpu: false, reason })
    if (offloading.choice === 'wasm') return ours(offloading.absent ?? "the device is 'wasm'")
    if (backend === null) return ours(offloading.absent ?? 'no GPU is in use')
    if (disabled !== null) return ours(disabled)
    if (shape.refusal !== null) return ours(shape.refusal)
    const { m, n, k } = sizes
    if (Math.max(m, n, k) > backend.maxSide) return ours(`larger than the device's ${backend.maxSide} a side`)
    if (flopsOf(sizes) < this.leastFlops) return ours(`fewer than ${this.leastFlops} operations`)
    if (offloading.choice === 'gpu') return { gpu: true, reason: "the device is 'gpu'" }
    if (backend.adapter.software) return ours(`${backend.adapter.name} is a program, not a GPU`)
    if (shape.uses < USES_BEFORE_GPU)
      return ours(`use ${shape.uses} of this shape, compiled at the ${USES_BEFORE_GPU}rd`)
    return this.faster(sizes, shape)
  }

  private faster(sizes: ProductSizes, shape: ShapeClass): Route {
    const calibration = this.calibrated()
    if (calibration === null || this.disabled !== null)
      return { gpu: false, reason: this.disabled ?? 'the GPU could not be timed' }
    const expected = this.expect(sizes, shape)
    const [gpuMs, wasmMs] = [expected.gpu ?? Number.POSITIVE_INFINITY, expected.wasm ?? 0]
    // A single slow call is no reason to give a shape up.
    const isNew = shape.onGpu && shape.gpuCalls < CALLS_BEFORE_JUDGEMENT
    const wins = isNew || gpuWins(gpuMs, wasmMs, shape.onGpu)
    if (shape.onGpu && !wins) {
      this.counters.refusals++
      shape.refusal = `slower on the GPU: ${gpuMs.toFixed(2)} ms, WebAssembly ${wasmMs.toFixed(2)} ms`
      return { gpu: false, reason: shape.refusal }
    }
    return { gpu: wins, reason: wins ? 'faster on the GPU' : 'not 1.5 times faster on the GPU' }
  }

  /** Calibrates once. A GPU that wins at no size is refused. */
  calibrated(): Calibration | null {
    if (this.calibration !== null || this.backend === null) return this.calibration
    try {
      this.calibration = calibrate(this.ours, this.backend, this.engine.memory, this.now)
    } catch (error) {
      this.recover(toFault(error), null)
      return null
    }
    if (this.calibration.breakEven === null) {
      this.refuse('it is slower than WebAssembly at every size')
    }
    return this.calibration
  }

  /** Expected ms, from what was measured, else from the calibration. */
  expect(sizes: ProductSizes, shape: ShapeClass): { wasm: number | null; gpu: number | null } {
    const flops = flopsOf(sizes)
    const { calibration } = this
    const expected = calibration && {
      wasm: predict(calibration.wasm, flops, 0),
      gpu: predict(calibration.gpu, flops, bytesOf(sizes)),
    }
    return { wasm: shape.wasmMs ?? expected?.wasm ?? null, gpu: shape.gpuMs ?? expected?.gpu ?? null }
  }

  /** Has the GPU compute a product into `c`; false: it did not. */
  private onGpu(
    what: ProductSizes & { readonly op: ProductOp },
    [a, b]: readonly [Operand, Operand],
    shape: ShapeClass,
    compute: (to: Pointer, width: number, adds: boolean) => void,
    target: { readonly c: Pointer; readonly ldc: number; readonly accumulate: boolean },
  ): boolean {
    const { backend } = this
    if (backend === null) return false
    const { memory } = this.engine
    const product: Product = { ...what, a, b, drop: this.cache.takeDropped() }
    const start = this.now()
    let result: Float32Array
    try {
      result = backend.run(product, memory)
    } catch (error) {
      this.counters.fallbacks++
      this.recover(toFault(error), shape)
      return false
    }
    noteGpu(shape, this.now() - start)
    if (!shape.isChecked && !this.proves(product, result, shape, compute)) return false
    this.write(result, what, target)
    shape.onGpu = true
    this.failures = 0
    this.counters.offloaded++
    return true
  }

  /** Compares the first result of a shape with ours; a device that is wrong gets nothing any more. */
  private proves(
    product: Product,
    result: Float32Array,
    shape: ShapeClass,
    compute: (to: Pointer, width: number, adds: boolean) => void,
  ): boolean {
    const { memory } = this.engine
    const { m, n, k, a, b } = product
    // The result may lie in the memory that is about to grow.
    const got = result.slice()
    const scratch = memory.allocate(4 * m * n)
    compute(scratch, n, false)
    const floats = memory.float as Float32Array
    const want = floats.slice(scratch / 4, scratch / 4 + m * n)
    memory.release(scratch)
    this.counters.checks++
    const verdict = compareProducts(got, want, sumBound(rowsOf(floats, a), rowsOf(floats, b), k))
    if (verdict === 'wrong') {
      this.counters.fallbacks++
      this.refuse(`its ${product.op} product ${m}×${k}×${n} is wrong`)
    }
    shape.isChecked = verdict === 'right'
    return verdict === 'right'
  }

  private write(
    result: Float32Array,
    { m, n }: ProductSizes,
    { c, ldc, accumulate }: { readonly c: Pointer; readonly ldc: number; readonly accumulate: boolean },
  ): void {
    const floats = this.engine.memory.float
    const first = c / 4
    if (accumulate) {
      for (let i = 0; i < m; i++) {
        const row = first + i * ldc
        for (let j = 0; j < n; j++) floats[row + j] += result[i * n + j]
      }
    } else if (ldc === n) floats.set(result, first)
    else for (let i = 0; i < m; i++) floats.set(result.subarray(i * n, i * n + n), first + i * ldc)
  }

  /** After a fault nothing is known of the device: it starts over, as far as it may. */
  private recover({ kind, message }: DeviceFault, shape: ShapeClass | null): void {
    this.cache.clear()
    const verdict = this.verdictOn(kind, message, shape)
    if (verdict !== null) {
      this.refuse(verdict)
      return
    }
    try {
      this.backend?.reset()
    } catch (error) {
      this.refuse(`it was lost and cannot be started again: ${toFault(error).message}`)
    }
  }

  /** Why a fault is the device's end; null where it gets another chance. */
  private verdictOn(kind: FaultKind, message: string, shape: ShapeClass | null): string | null {
    if (kind === 'broken') return message
    if (kind === 'failed' && shape !== null && !shape.isChecked) {
      this.counters.refusals++
      shape.refusal = `the GPU cannot do it: ${message}`
      return ++this.failures > MOST_FAILURES ? `it fails at every shape: ${message}` : null
    }
    return ++this.counters.losses > MOST_LOSSES ? `it was lost again: ${message}` : null
  }

  private refuse(reason: string): void {
    this.counters.refusals++
    const { backend } = this
    this.disabled = `${backend?.mode} (${backend?.adapter.name}) is refused: ${reason}`
    this.cache.clear()
    if (this.hasWarned) return
    this.hasWarned = true
    const warn = this.options.warn ?? (message => console.warn(message))
    warn(
      `tensorloom: the GPU ${this.disabled}. Everything runs on WebAssembly from here on; results are the same.`,
    )
  }

  /** Tells the recorder, if there is one. */
  record({
    op,
    sizes,
    device,
    ms,
    reason,
    shape = this.shapes.of(op, sizes),
    kernel = `${device === 'gpu' ? this.backend?.mode : this.engine.variant} ${op}`,
  }: {
    readonly op: ProductOp
    readonly sizes: ProductSizes
    readonly device: 'wasm' | 'gpu'
    readonly ms: number | null
    readonly reason: string
    readonly shape?: ShapeClass
    readonly kernel?: string
  }): void {
    if (this.recorder === null) return
    const predicted = this.expect(sizes, shape)
    const { operation } = this.engine
    this.recorder({ operation, op, ...sizes, device, kernel, predicted, measured: ms, reason })
  }

  /** The GPU in words, and why it is not used if it is not. */
  get description(): string {
    if (this.backend === null) return 'no GPU'
    const { mode, adapter } = this.backend
    return this.disabled ?? `GPU ${adapter.name} through ${mode}`
  }

  /** Loses the device, as a reset of its driver would. */
  drill(): void {
    this.backend?.lose()
  }

  /** Records a product that stays within a larger kernel. */
  stays(op: ProductOp, sizes: ProductSizes, kernel: string, given?: string): void {
    if (this.recorder === null) return
    const reason = given ?? this.route(sizes, this.shapes.of(op, sizes)).reason
    this.record({ op, sizes, device: 'wasm', ms: null, reason, kernel })
  }
}
