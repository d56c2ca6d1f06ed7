/** The ways in which gpu.js reaches a GPU. */
export const GPU_MODES = ['webgpu', 'headlessgl', 'webgl2', 'webgl'] as const
export type GpuMode = (typeof GPU_MODES)[number]

/** What a kernel that stays on the device gives: a texture (GL) or a buffer (WebGPU). */
export interface DeviceMatrix {
  delete(): void
  renderRawOutput?(): Float32Array
  toArray?(): unknown
  output?: readonly number[]
  componentCount?: number
  readonly context?: unknown
}

/** A kernel of gpu.js: a function with the kernel behind it, which gpu.js may replace by one for the CPU. */
export interface DeviceKernel {
  (...operands: readonly unknown[]): unknown
  readonly kernel: {
    readonly constructor: { readonly mode?: string }
    readonly fallbackReason?: string | null
  }
  destroy(removeCanvas?: boolean): void
}

export interface DeviceInstance {
  createKernel(source: string, settings: object): DeviceKernel
  destroy(): Promise<void>
  readonly context: unknown
  readonly Kernel: {
    readonly mode: string
    readonly features: { maxTextureSize: number; isTextureFloat: boolean; isFloatRead: boolean }
    readonly testContext?: unknown
  }
}

/** The part of gpu.js that is used here. */
export interface GpuLibrary {
  readonly GPU: (new (settings: {
    mode: string
  }) => DeviceInstance) & {
    readonly isHeadlessGLSupported: boolean
    readonly isWebGL2Supported: boolean
    readonly isWebGLSupported: boolean
    readonly isWebGPUSupported: boolean
  }
  readonly input: (values: Float32Array, size: readonly number[]) => unknown
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const isLibrary = (value: unknown): value is GpuLibrary =>
  isObject(value) && typeof value.GPU === 'function' && typeof value.input === 'function'

/**
 * gpu.js in what an import or a script tag gave: a namespace, its default, or the global `GPU` class, which the browser
 * build hangs everything on.
 */
export function libraryIn(given: unknown): GpuLibrary | null {
  if (isLibrary(given)) return given
  return isObject(given) && 'default' in given ? libraryIn(given.default) : null
}
