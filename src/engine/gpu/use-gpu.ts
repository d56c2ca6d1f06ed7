import { DeviceError, ValueError } from '../../errors.ts'
import { engineOf, getDevice, isDeterministic, setDevice } from '../device.ts'
import type { Engine } from '../engine.ts'
import { NO_GPU, offloading } from '../policy.ts'
import { hasSimd } from '../wasm.ts'
import type { Backend } from './backend.ts'
import { candidates, openBackend } from './candidates.ts'
import { toFault } from './fault.ts'
import { GPU_MODES, type GpuMode } from './library.ts'
import { Offload } from './offload.ts'
import { offloadedRecurrences } from './recurrent.ts'
import { freshCounters, type OffloadCounters } from './report.ts'

export interface GpuOptions {
  /** How to reach the GPU; `off` stops using it. Default: the best way that leads to a real GPU. */
  readonly mode?: GpuMode | 'off'
  /** Whether to throw where there is no GPU, instead of going on without one. Default false. */
  readonly required?: boolean
  /** Floating-point operations of the smallest product that may go to the GPU. Default 2 million; for `gpu` 0. */
  readonly minFlops?: number
  /** gpu.js itself, or its URL, where it cannot be imported by its name: in pages and bundles. */
  readonly library?: unknown
}

/** How the GPU is doing. */
export interface GpuStatus {
  /** How it is reached; null without one. */
  readonly backend: GpuMode | null
  readonly adapter: string | null
  /** Whether it is a program that imitates a GPU: used only where the device is `gpu`. */
  readonly software: boolean
  /** Why the GPU is not used; null while it may be. */
  readonly reason: string | null
  readonly counters: Readonly<OffloadCounters>
  /** Kernels that are built. */
  readonly kernels: number
  /** Bytes of operands that are kept on the GPU. */
  readonly cacheBytes: number
}

interface Running {
  readonly backend: Backend
  readonly offload: Offload
  readonly engine: Engine
}

let running: Running | null = null
/** Calls take their turns. */
let turn: Promise<unknown> = Promise.resolve()

/** What sends products to the GPU; null while there is none. */
export const currentOffload = (): Offload | null => running?.offload ?? null

function status(): GpuStatus {
  const { backend, offload } = running ?? {}
  return {
    backend: backend?.mode ?? null,
    adapter: backend?.adapter.name ?? null,
    software: backend?.adapter.software ?? false,
    reason: offload === undefined ? offloading.absent : offload.disabled,
    counters: { ...(offload?.counters ?? freshCounters()) },
    kernels: backend?.kernelCount ?? 0,
    cacheBytes: offload?.cache.bytes ?? 0,
  }
}

/**
 * What is known of the GPU.
 *
 * @example device.status().backend   // null, until useGpu()
 */
export const device: { readonly status: () => GpuStatus } = { status }

function checkMode(mode: unknown): void {
  if (mode === undefined || mode === 'off' || GPU_MODES.includes(mode as GpuMode)) return
  const isOwn = ['webasm', 'wasm', 'cpu', 'gpu', 'dev', 'async'].includes(String(mode))
  throw new ValueError({
    operation: 'useGpu',
    problem: isOwn
      ? `does not use gpu.js's mode "${mode}", which may run without a GPU: WebAssembly is faster here.`
      : `does not know the mode "${mode}".`,
    hint: `use one of ${GPU_MODES.join(', ')}, or off.`,
    argument: 'mode',
    received: mode,
  })
}

function checkFlops(minFlops: number | undefined): void {
  if (minFlops === undefined || minFlops >= 0) return
  throw new ValueError({
    operation: 'useGpu',
    problem: `needs minFlops ≥ 0, got ${minFlops}.`,
    argument: 'minFlops',
    received: minFlops,
  })
}

/**
 * Looks for a GPU, through gpu.js, and lets it compute large matrix products: the device becomes `auto`. Each call has to
 * pay, the first result of every shape is compared with WebAssembly, and whatever the GPU fails at goes on without it.
 *
 * Without a GPU nothing changes: there is one warning, and the status says why.
 *
 * @throws ValueError for an unknown mode; with `required`, DeviceError where there is no GPU
 * @example const { backend, reason } = await useGpu()
 */
export function useGpu(options: GpuOptions = {}): Promise<GpuStatus> {
  checkMode(options.mode)
  checkFlops(options.minFlops)
  const next = turn.then(async () => {
    await switchOff()
    if (options.mode !== 'off') await switchOn(options)
    return status()
  })
  turn = next.catch(() => undefined)
  return next
}

async function switchOff(): Promise<void> {
  const old = running
  running = null
  offloading.absent = NO_GPU
  if (getDevice() === 'auto' || getDevice() === 'gpu') setDevice('wasm')
  else offloading.choice = 'wasm'
  if (old === null) return
  old.engine.overlay('gpu', null)
  old.engine.residents = null
  await old.backend.close().catch(() => undefined)
}

async function switchOn(options: GpuOptions): Promise<void> {
  const { found, reasons } = await search(options)
  if (found === null) {
    offloading.absent = `no GPU was found: ${reasons.join('; ')}`
    if (!options.required) {
      console.warn(`tensorloom: no GPU is used (${reasons.join('; ')}). Everything runs on WebAssembly.`)
      return
    }
    throw new DeviceError({
      operation: 'useGpu',
      problem: `finds no GPU: ${reasons.join('; ')}.`,
      hint: 'in Node: npm install gpu.js webgpu, and a driver for Vulkan, Metal or Direct3D 12; in browsers: hardware acceleration.',
    })
  }
  attach(found, options)
}

/** Puts a backend in front of the engine's products. */
export function attach(backend: Backend, options: ConstructorParameters<typeof Offload>[2] = {}): Offload {
  const engine = engineOf('wasm')
  const offload = new Offload(engine, backend, options)
  running = { backend, offload, engine }
  offloading.absent = null
  engine.residents = offload.cache
  lay(engine, offload)
  if (getDevice() === 'wasm') setDevice('auto')
  return offload
}

/** Lays the kernels that pass through `offload` over the engine's. */
export function lay(engine: Engine, offload: Offload): void {
  engine.overlay('gpu', below => {
    const gemm = offload.over(below.gemm)
    return { ...below, gemm, ...offloadedRecurrences(below, gemm, engine.memory, offload) }
  })
}

/** Without the hint that may follow, and the full stop. */
const firstSentence = (message: string): string => message.split('\n', 1)[0].replace(/\.$/, '')

interface Search {
  readonly found: Backend | null
  readonly reasons: readonly string[]
}

async function search({ mode, library }: GpuOptions): Promise<Search> {
  const reasons: string[] = []
  if (!hasSimd()) return { found: null, reasons: ['this runtime has no WebAssembly with 128-bit SIMD'] }
  if (isDeterministic()) return { found: null, reasons: ['useDeterministic() excludes the GPU'] }
  const engine = engineOf('wasm')
  for (const candidate of mode === undefined || mode === 'off' ? candidates() : [mode]) {
    try {
      const backend = await openBackend(engine, candidate, library)
      // A program is no gain: it is for those who name its mode.
      if (mode !== undefined || !backend.adapter.software) return { found: backend, reasons }
      reasons.push(`${candidate}: ${backend.adapter.name} is a program, not a GPU`)
      await backend.close()
    } catch (error) {
      reasons.push(`${candidate}: ${firstSentence(toFault(error).message)}`)
    }
  }
  return { found: null, reasons }
}
