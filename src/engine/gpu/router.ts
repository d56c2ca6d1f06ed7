import type { ProductSizes } from '../../../kernels/gpu/program.ts'
import type { Engine } from '../engine.ts'
import { NO_GPU, offloading } from '../policy.ts'
import type { Backend } from './backend.ts'
import { type Calibration, calibrate } from './calibrate.ts'
import { bytesOf, flopsOf, gpuWins, predict } from './cost-model.ts'
import { toFault } from './fault.ts'
import type { Gemm } from './gemm-call.ts'
import type { ShapeClass } from './shapes.ts'
import type { Trust } from './trust.ts'

/** A shape is compiled when it comes for the third time: many come once, the last batch of an epoch, say. */
const USES_BEFORE_GPU = 3
/** Below so many operations a product is not worth thinking about. */
const LEAST_FLOPS = 2e6
/** A single slow call is no reason to give a shape up. */
const CALLS_BEFORE_JUDGEMENT = 5

/** Where a product goes. */
export interface Route {
  readonly gpu: boolean
  readonly reason: string
}

const stay = (reason: string): Route => ({ gpu: false, reason })

/** Decides who computes a product. */
export class Router {
  private calibration: Calibration | null = null

  constructor(
    private readonly engine: Engine,
    private readonly backend: Backend | null,
    private readonly trust: Trust,
    private readonly minFlops: number | undefined,
    private readonly now: () => number,
  ) {}

  /** Forgets what was timed: our own product has another speed now. */
  recalibrate(): void {
    this.calibration = null
  }

  /** Products below so many operations stay where they are. */
  get leastFlops(): number {
    if (this.trust.disabled !== null || this.backend === null || offloading.choice === 'wasm')
      return Number.POSITIVE_INFINITY
    return this.minFlops ?? (offloading.choice === 'gpu' ? 0 : LEAST_FLOPS)
  }

  route(sizes: ProductSizes, shape: ShapeClass, ours: Gemm): Route {
    const { backend, trust } = this
    if (backend === null) return stay(offloading.absent ?? NO_GPU)
    if (offloading.choice === 'wasm') return stay(offloading.absent ?? "the device is 'wasm'")
    if (trust.disabled !== null) return stay(trust.disabled)
    if (shape.refusal !== null) return stay(shape.refusal)
    const { m, n, k } = sizes
    if (Math.max(m, n, k) > backend.maxSide) return stay(`larger than the device's ${backend.maxSide} a side`)
    if (flopsOf(sizes) < this.leastFlops) return stay(`fewer than ${this.leastFlops} operations`)
    if (offloading.choice === 'gpu') return { gpu: true, reason: "the device is 'gpu'" }
    if (backend.adapter.software) return stay(`${backend.adapter.name} is a program, not a GPU`)
    if (shape.uses < USES_BEFORE_GPU)
      return stay(`use ${shape.uses} of this shape; compiled at use ${USES_BEFORE_GPU}`)
    return this.faster(sizes, shape, ours)
  }

  private faster(sizes: ProductSizes, shape: ShapeClass, ours: Gemm): Route {
    if (this.calibrated(ours) === null || this.trust.disabled !== null)
      return stay(this.trust.disabled ?? 'the GPU could not be timed')
    if (shape.onGpu && shape.gpuCalls < CALLS_BEFORE_JUDGEMENT)
      return { gpu: true, reason: 'faster on the GPU' }
    const { wasm, gpu } = this.expect(sizes, shape)
    if (wasm === null || gpu === null) return stay('nothing is known of its times')
    if (gpuWins(gpu, wasm, shape.onGpu)) return { gpu: true, reason: 'faster on the GPU' }
    if (!shape.onGpu) return stay('not 1.5 times faster on the GPU')
    const reason = `slower on the GPU: ${gpu.toFixed(2)} ms, WebAssembly ${wasm.toFixed(2)} ms`
    this.trust.refuseShape(shape, reason)
    return stay(reason)
  }

  /** Calibrates, once. A GPU that wins at no size is refused. */
  calibrated(ours: Gemm): Calibration | null {
    if (this.calibration !== null || this.backend === null) return this.calibration
    try {
      this.calibration = calibrate(ours, this.backend, this.engine.memory, this.now)
    } catch (error) {
      this.trust.recover(toFault(error), null)
      return null
    }
    if (this.calibration.breakEven === null) this.trust.refuse('it is slower than WebAssembly at every size')
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
}
