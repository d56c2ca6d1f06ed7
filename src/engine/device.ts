import { DeviceError } from '../errors.ts'
import { type DeviceName, Engine, type EngineName } from './engine.ts'
import { plainMemory, wasmMemory } from './memory.ts'
import { type OffloadChoice, offloading } from './policy.ts'
import { referenceKernels } from './reference-kernels.ts'
import { hasRelaxedSimd, hasSimd, instantiate, type WasmVariant } from './wasm-modules.ts'
import { createWasmKernels } from './wasm-kernels.ts'

const engines = new Map<EngineName, Engine>()
let current: Engine | null = null
let deterministic = false
let plainKernels = false

const ENGINE_NAMES: readonly EngineName[] = ['wasm', 'reference', 'reference64']
const DEVICE_NAMES: readonly DeviceName[] = [...ENGINE_NAMES, 'auto', 'gpu']

function wished(): EngineName | undefined {
  const name = typeof process === 'object' ? process.env?.TENSORLOOM_DEVICE : undefined
  if (name === undefined || name === '') return undefined
  if (!ENGINE_NAMES.includes(name as EngineName)) {
    throw new DeviceError({
      operation: 'TENSORLOOM_DEVICE',
      problem: `names no device: "${name}".`,
      hint: `use one of ${ENGINE_NAMES.join(', ')}.`,
    })
  }
  return name as EngineName
}

function start(name: EngineName): Engine {
  if (name === 'wasm') {
    if (!hasSimd()) {
      throw new DeviceError({
        operation: 'device "wasm"',
        problem: 'needs WebAssembly with 128-bit SIMD, which this runtime does not have.',
        hint: 'use the device "reference", or a runtime from 2021 or later.',
      })
    }
    const isPlain = deterministic || plainKernels
    const variant: WasmVariant = !isPlain && hasRelaxedSimd() ? 'relaxed' : 'muladd'
    const memory = wasmMemory()
    if (memory.wasm === null) throw new Error('internal: no WebAssembly memory')
    const exports = instantiate(variant, memory.wasm, memory.shared)
    return new Engine(name, variant, memory, createWasmKernels(exports, memory))
  }
  const memory = plainMemory(name === 'reference64' ? 64 : 32)
  return new Engine(name, name, memory, referenceKernels.required(memory))
}

/** The engine of a device, started on first use. A GPU works beside `wasm`. */
export function engineOf(device: DeviceName): Engine {
  const name = device === 'auto' || device === 'gpu' ? 'wasm' : device
  let engine = engines.get(name)
  if (engine === undefined) {
    engine = start(name)
    engines.set(name, engine)
  }
  return engine
}

/** The engine that operations run on now. */
export function currentEngine(): Engine {
  if (current === null) current = engineOf(wished() ?? (hasSimd() ? 'wasm' : 'reference'))
  return current
}

/**
 * The name of the device that operations run on now.
 *
 * @example getDevice()   // wasm
 */
export function getDevice(): DeviceName {
  const { name } = currentEngine()
  return name === 'wasm' ? offloading.choice : name
}

/**
 * Makes all following operations run on a device: `wasm` (SIMD, the default), `reference` (plain TypeScript,
 * float32) or `reference64` (the same in float64). Tensors move to it when they are used.
 *
 * `auto` is `wasm` with large matrix products on the GPU where that is faster, once `useGpu()` has found one; `gpu` has
 * the GPU compute every matrix product that it can, however slow.
 *
 * @throws DeviceError when the runtime cannot offer it, and for `gpu` without a GPU
 * @example setDevice('reference')
 */
export function setDevice(name: DeviceName): void {
  if (!DEVICE_NAMES.includes(name)) {
    throw new DeviceError({
      operation: 'setDevice',
      problem: `does not know the device "${name}".`,
      hint: `use one of ${DEVICE_NAMES.join(', ')}.`,
    })
  }
  if (name === 'gpu' && offloading.absent !== null) {
    throw new DeviceError({
      operation: 'device "gpu"',
      problem: `cannot be used: ${offloading.absent}.`,
      hint: "await useGpu({ required: true }) says what is missing; the device 'auto' does without a GPU.",
    })
  }
  current = engineOf(name)
  if (current.name === 'wasm') offloading.choice = name as OffloadChoice
}

/** Leaves fused multiply-add alone, as another thread does whose bits this one is to give. Before the first operation. */
export function usePlainKernels(): void {
  plainKernels = true
}

/** Whether `useDeterministic` was called. */
export const isDeterministic = (): boolean => deterministic

/**
 * Runs a synchronous function with another device.
 *
 * @example const exact = withDevice('reference64', () => matmul(a, b).toArray())
 */
export function withDevice<T>(name: DeviceName, body: () => T): T {
  const outer = currentEngine()
  const { choice } = offloading
  setDevice(name)
  try {
    return body()
  } finally {
    current = outer
    offloading.choice = choice
  }
}

/**
 * Pins the plain multiply-add instruction set, so that every machine with WebAssembly SIMD gives the same bits.
 * Call it before the first operation. It excludes the GPU.
 *
 * @throws DeviceError when the engine already runs with the other instruction set
 * @example useDeterministic()   // before the first tensor, to get the same bits on every machine
 */
export function useDeterministic(): void {
  if (engines.get('wasm')?.variant === 'relaxed') {
    throw new DeviceError({
      operation: 'useDeterministic',
      problem: 'came after the first operation, which chose fused multiply-add.',
      hint: 'call it before any tensor is computed.',
    })
  }
  deterministic = true
}
