import { DeviceError } from '../errors.ts'
import { inflate } from './inflate.ts'

/** The two instruction sets the kernels are compiled for; results differ in the last bits. */
export type WasmVariant = 'muladd' | 'relaxed'

/** What a kernel module exports: functions of numbers. Booleans go in as 0 and 1. */
export type WasmExports = Readonly<Record<string, (...args: number[]) => number>>

/** A compiled module, as the build embeds it. */
export interface EmbeddedKernels {
  readonly sharedFlag: { readonly offset: number; readonly shared: number }
  readonly size: number
  readonly deflated: string
}

const embedded = new Map<WasmVariant, EmbeddedKernels>()
const modules = new Map<string, WebAssembly.Module>()

/** The smallest module that uses an instruction: (func (result v128) …) with the given body. */
const probe = (...body: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    5,
    1,
    96,
    0,
    1,
    123,
    3,
    2,
    1,
    0,
    10,
    body.length + 4,
    1,
    body.length + 2,
    0,
    ...body,
    11,
  ])
// i32.const 0; i8x16.splat
const simdProbe = probe(65, 0, 253, 15)
// three zero vectors; f32x4.relaxed_madd (0xfd 0x105)
const relaxedProbe = probe(65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2)

/** Whether this machine's WebAssembly has 128-bit SIMD. */
export const hasSimd = (): boolean => typeof WebAssembly === 'object' && WebAssembly.validate(simdProbe)

/** Whether it also has fused (relaxed) multiply-add, and the kernels for it are at hand. */
export const hasRelaxedSimd = (): boolean =>
  embedded.has('relaxed') && hasSimd() && WebAssembly.validate(relaxedProbe)

/** Adds kernels to those at hand. */
export function embed(variant: WasmVariant, kernels: EmbeddedKernels): void {
  embedded.set(variant, kernels)
}

/** Adds a part of the kernels, unless all of them are at hand. */
export function embedPart(variant: WasmVariant, kernels: EmbeddedKernels): void {
  if (!embedded.has(variant)) embedded.set(variant, kernels)
}

function decode({ deflated, size }: EmbeddedKernels): Uint8Array<ArrayBuffer> {
  const text = atob(deflated)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return inflate(bytes, size)
}

function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes)
  } catch (cause) {
    throw new DeviceError({
      operation: 'device "wasm"',
      problem: `was refused by this runtime (${cause instanceof Error ? cause.message : String(cause)}).`,
      hint: "a page's Content-Security-Policy needs script-src 'wasm-unsafe-eval'; else use setDevice('reference').",
      cause,
    })
  }
}

/** The compiled kernels for private or shared memory (compiled once, on first use). */
export function wasmModule(variant: WasmVariant, shared: boolean): WebAssembly.Module {
  const key = `${variant}-${shared}`
  let module = modules.get(key)
  if (module === undefined) {
    const kernels = embedded.get(variant)
    if (kernels === undefined) throw new Error(`internal: the kernels ${variant} are not in this bundle`)
    const { sharedFlag } = kernels
    const bytes = decode(kernels)
    if (shared) bytes[sharedFlag.offset] = sharedFlag.shared
    module = compile(bytes)
    modules.set(key, module)
  }
  return module
}

/** Instantiates the kernels on `memory`. */
export function instantiate(variant: WasmVariant, memory: WebAssembly.Memory, shared: boolean): WasmExports {
  const instance = new WebAssembly.Instance(wasmModule(variant, shared), { env: { memory } })
  return instance.exports as WasmExports
}
