import type { ProductOp, ProductSizes } from '../../../kernels/gpu/program.ts'
import type { Engine } from '../engine.ts'
import { offloading } from '../policy.ts'
import type { Adapter } from './adapter.ts'
import { compareProducts, sumBound } from './check-product.ts'
import { flopsOf } from './cost-model.ts'
import { computeAside, type Gemm, type GemmCall, opOf, operandsOf, writeProduct } from './gemm-call.ts'
import { OperandCache } from './operand-cache.ts'
import { type Operand, type Product, rowsOf } from './product.ts'
import { freshCounters } from './report.ts'

/** What multiplies and answers later. */
export interface LateProducts {
  readonly kernelCount: number
  run(product: Product, read: (operand: Operand) => Float32Array): Promise<Float32Array>
  reset(): void
  close(): Promise<void>
}

export interface DeferredOptions {
  /** Operations of the smallest product that goes to the GPU. */
  readonly minFlops?: number
  readonly warn?: (message: string) => void
}

/** Where the round trip is not timed, a product has to be as large as this. */
const LEAST_FLOPS = 1e8
/** Operations that may be broken off and begun again: they hold no memory of their own while they multiply. */
const RESTARTABLE = new Set(['linear', 'matmul', 'lstm', 'gru', 'rnn'])

/** Breaks a computation off until a product is there. */
class Suspension {
  constructor(readonly arrival: Promise<void>) {}
}

/** The products of a computation that is begun again after each; null: it has to be computed here. */
interface Replay {
  readonly results: (Float32Array | null)[]
  next: number
}

/**
 * Products on a GPU that answers later, for computations that can be begun again: where a product is missing the
 * computation is broken off, and begun anew when it has arrived. It must ask for the same products each time.
 *
 * This is how a page uses WebGPU for predictions: it must not wait.
 */
export class Deferred {
  readonly counters = freshCounters()
  readonly cache: OperandCache
  /** Why the device gets no more products. */
  disabled: string | null = null
  private replay: Replay | null = null
  private readonly checked = new Set<string>()
  private ours: Gemm

  constructor(
    private readonly engine: Engine,
    private readonly products: LateProducts,
    readonly adapter: Adapter,
    private readonly options: DeferredOptions = {},
  ) {
    this.cache = new OperandCache(engine)
    this.ours = engine.kernels.gemm
  }

  get kernelCount(): number {
    return this.products.kernelCount
  }

  /** `below`, with the products of a running computation taken from the GPU. */
  over(below: Gemm): Gemm {
    this.ours = below
    return (...call) => {
      const { replay } = this
      const [, , m, n, k] = call
      if (replay === null || !this.wants(opOf(call), { m, n, k })) {
        this.ours(...call)
        return
      }
      const place = replay.next++
      if (place === replay.results.length) throw new Suspension(this.fetch(call, replay))
      const result = replay.results[place]
      if (result === null) this.ours(...call)
      else writeProduct(this.engine.memory.float, result, call)
    }
  }

  /** Whether a product of this size goes to the GPU: the same answer all through a computation. */
  wants(_op: ProductOp, { m, n, k }: ProductSizes): boolean {
    const { choice } = offloading
    if (this.replay === null || choice === 'wasm' || !RESTARTABLE.has(this.engine.operation)) return false
    if (choice === 'auto' && this.adapter.software) return false
    const least = this.options.minFlops ?? (choice === 'gpu' ? 0 : LEAST_FLOPS)
    return m * n * k > 0 && flopsOf({ m, n, k }) >= least
  }

  /** Nobody explains a computation that is begun again. */
  stays(): void {}

  /** Runs a computation, as often as it takes. */
  async run<T>(body: () => T): Promise<T> {
    const replay: Replay = { results: [], next: 0 }
    for (;;) {
      let arrival: Promise<void>
      replay.next = 0
      this.replay = replay
      try {
        return body()
      } catch (error) {
        if (!(error instanceof Suspension)) throw error
        arrival = error.arrival
      } finally {
        this.replay = null
      }
      await arrival
    }
  }

  /** Appends the product of a call. */
  private async fetch(call: GemmCall, { results }: Replay): Promise<void> {
    if (this.disabled !== null) {
      results.push(null)
      return
    }
    const [, , m, n, k] = call
    const [a, b] = operandsOf(this.cache, call)
    const product: Product = { op: opOf(call), m, n, k, a, b, drop: this.cache.takeDropped() }
    // The memory is somebody else's when the answer comes.
    const floats = this.engine.memory.float as Float32Array
    const [left, right] = [rowsOf(floats, a).slice(), rowsOf(floats, b).slice()]
    const key = `${product.op} ${m}×${k}×${n}`
    const want = this.checked.has(key) ? null : computeAside(this.ours, this.engine.memory, call)
    try {
      const result = await this.products.run(product, operand => (operand === a ? left : right))
      const isRight = want === null || this.proves(key, result, want, sumBound(left, right, k))
      if (isRight) this.counters.offloaded++
      results.push(isRight ? result : null)
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
      results.push(null)
    }
  }

  private proves(key: string, got: Float32Array, want: Float32Array, bound: number): boolean {
    this.counters.checks++
    const verdict = compareProducts(got, want, bound)
    if (verdict === 'right') this.checked.add(key)
    if (verdict === 'wrong') {
      this.counters.fallbacks++
      this.refuse(`its product ${key} is wrong`)
    }
    return verdict === 'right'
  }

  /** Starts over, once; a second failure is the end. */
  private fail(message: string): void {
    this.counters.fallbacks++
    this.cache.clear()
    if (++this.counters.losses > 1) this.refuse(message)
    else this.products.reset()
  }

  private refuse(reason: string): void {
    this.counters.refusals++
    this.disabled = `webgpu (${this.adapter.name}) is refused: ${reason}`
    const { warn = message => console.warn(message) } = this.options
    warn(
      `tensorloom: the GPU ${this.disabled}. Everything runs on WebAssembly from here on; results are the same.`,
    )
  }

  close(): Promise<void> {
    return this.products.close()
  }
}
