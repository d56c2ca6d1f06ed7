import type { Kernels } from '../../../kernels/kernels.ts'
import { engineOf, getDevice, setDevice } from '../device.ts'
import type { Engine } from '../engine.ts'
import { NO_GPU, offloading } from '../policy.ts'
import type { Adapter } from './adapter.ts'
import type { Backend } from './backend.ts'
import { Deferred, type DeferredOptions, type LateProducts } from './deferred.ts'
import type { Gemm } from './gemm-call.ts'
import type { GpuMode } from './library.ts'
import { Offload, type OffloadOptions } from './offload.ts'
import type { OperandCache } from './operand-cache.ts'
import { offloadedRecurrences, type ProductPolicy } from './recurrent.ts'
import type { OffloadCounters } from './report.ts'

/** A GPU that is in use. */
export interface AttachedGpu {
  readonly mode: GpuMode
  readonly adapter: Adapter
  /** What products pass through; null where the GPU answers later. */
  readonly offload: Offload | null
  readonly cache: OperandCache
  readonly counters: Readonly<OffloadCounters>
  readonly disabled: () => string | null
  readonly kernelCount: () => number
  readonly close: () => Promise<void>
}

let attached: AttachedGpu | null = null

export const attachedGpu = (): AttachedGpu | null => attached

/** What sends products to the GPU; null while there is none. */
export const currentOffload = (): Offload | null => attached?.offload ?? null

/** Lays the kernels whose products pass through `point` over the engine's. */
export function lay(engine: Engine, point: ProductPolicy & { over(below: Gemm): Gemm }): void {
  engine.overlay('gpu', (below: Kernels) => {
    const gemm = point.over(below.gemm)
    return { ...below, gemm, ...offloadedRecurrences(below, gemm, engine.memory, point) }
  })
}

function start(engine: Engine, gpu: AttachedGpu, point: Parameters<typeof lay>[1]): void {
  attached = gpu
  offloading.absent = null
  engine.residents = gpu.cache
  lay(engine, point)
  if (getDevice() === 'wasm') setDevice('auto')
}

/** Puts a backend in front of the engine's products. */
export function attach(backend: Backend, options: OffloadOptions = {}): Offload {
  const engine = engineOf('wasm')
  const offload = new Offload(engine, backend, options)
  const { cache, trust } = offload
  const gpu: AttachedGpu = {
    ...{ mode: backend.mode, adapter: backend.adapter, offload, cache, counters: trust.counters },
    disabled: () => trust.disabled,
    kernelCount: () => backend.kernelCount,
    close: () => backend.close(),
  }
  start(engine, gpu, offload)
  return offload
}

/** The same for a GPU that answers later: it serves computations that can be begun again. */
export function attachLate(
  products: LateProducts,
  adapter: Adapter,
  options: DeferredOptions = {},
): Deferred {
  const engine = engineOf('wasm')
  const deferred = new Deferred(engine, products, adapter, options)
  const { cache, counters } = deferred
  const gpu: AttachedGpu = {
    ...{ mode: 'webgpu', adapter, offload: null, cache, counters },
    disabled: () => deferred.disabled,
    kernelCount: () => deferred.kernelCount,
    close: () => deferred.close(),
  }
  start(engine, gpu, deferred)
  offloading.deferred = body => deferred.run(body)
  return deferred
}

/** Takes the GPU out of use; the device that needed it becomes `wasm`. */
export async function detach(): Promise<void> {
  const gpu = attached
  attached = null
  offloading.absent = NO_GPU
  offloading.deferred = null
  if (getDevice() === 'auto' || getDevice() === 'gpu') setDevice('wasm')
  else offloading.choice = 'wasm'
  if (gpu === null) return
  const engine = engineOf('wasm')
  engine.overlay('gpu', null)
  engine.residents = null
  // A device that is dead already has nothing left to close.
  await gpu.close().catch(() => undefined)
}
