import type { Engine } from '../engine.ts'
import { type Adapter, describeAdapter, type WebGpu } from './adapter.ts'
import type { Backend } from './backend.ts'
import { BridgeBackend } from './bridge.ts'
import { BufferProducts } from './buffer-products.ts'
import { DeviceFault } from './fault.ts'
import type { GpuLibrary, GpuMode } from './library.ts'
import { loadLibrary } from './load-library.ts'
import { TextureProducts } from './texture-products.ts'

const isNode = (): boolean => typeof process === 'object' && typeof process.versions?.node === 'string'

/** The modes that are tried when none is named, best first. */
export const candidates = (): readonly GpuMode[] =>
  isNode() ? ['webgpu', 'headlessgl'] : ['webgl2', 'webgl']

/** What stands behind a package name, as a URL that a worker can import; the name itself where nothing can tell. */
async function resolvePackage(name: string): Promise<string> {
  const [moduleName, urlName] = ['node:module', 'node:url']
  const { createRequire } = (process.getBuiltinModule?.(moduleName) ??
    (await import(/* @vite-ignore */ /* webpackIgnore: true */ moduleName))) as typeof import('node:module')
  const { pathToFileURL } = (process.getBuiltinModule?.(urlName) ??
    (await import(/* @vite-ignore */ /* webpackIgnore: true */ urlName))) as typeof import('node:url')
  // Beside this library or beside the program: either may have the package.
  for (const place of [import.meta.url, pathToFileURL(`${process.cwd()}/program.js`).href]) {
    try {
      return pathToFileURL(createRequire(place).resolve(name)).href
    } catch {
      // Tried in the next place.
    }
  }
  throw new DeviceFault('broken', `the package ${name} is not installed: npm install ${name}`)
}

/** Whether this is a page: it must not wait for a worker. */
export const isPage = (): boolean => !isNode() && typeof window !== 'undefined'

/**
 * WebGPU in this thread, which answers later.
 * @throws DeviceFault when there is no adapter
 */
export async function openLate(given: unknown): Promise<{ products: BufferProducts; adapter: Adapter }> {
  const gpu = Reflect.get(Reflect.get(globalThis, 'navigator') ?? {}, 'gpu') as WebGpu | undefined
  const adapter = (await gpu?.requestAdapter()) ?? null
  if (adapter === null) throw new DeviceFault('broken', MISSING.webgpu)
  return { products: new BufferProducts(await loadLibrary(given)), adapter: describeAdapter(adapter) }
}

/** WebGPU, in a worker that a waiting thread talks to. */
async function openWebGpu(engine: Engine, library: unknown): Promise<Backend> {
  const { wasm, shared } = engine.memory
  if (wasm === null || !shared) {
    throw new DeviceFault('broken', 'WebGPU needs shared memory: the page must be cross-origin isolated')
  }
  if (isNode()) {
    const [gpuJs, webgpu] = [await resolvePackage('gpu.js'), await resolvePackage('webgpu')]
    return BridgeBackend.start({ memory: wasm, library: gpuJs, webgpu })
  }
  if (typeof library !== 'string') {
    throw new DeviceFault('broken', 'WebGPU runs in a worker of its own: pass the URL of gpu.js as library')
  }
  return BridgeBackend.start({ memory: wasm, library: new URL(library, location.href).href, webgpu: null })
}

const isSupported = ({ GPU }: GpuLibrary, mode: GpuMode): boolean =>
  ({
    webgpu: GPU.isWebGPUSupported,
    headlessgl: GPU.isHeadlessGLSupported,
    webgl2: GPU.isWebGL2Supported,
    webgl: GPU.isWebGLSupported,
  })[mode]

/** What a mode needs that is not there. */
const MISSING: Readonly<Record<GpuMode, string>> = {
  webgpu: 'WebGPU finds no adapter here',
  headlessgl: 'the package gl is not installed, or there is no display (xvfb-run)',
  webgl2: 'this runtime has no WebGL 2',
  webgl: 'this runtime has no WebGL',
}

/**
 * Opens a backend.
 * @throws DeviceFault with the reason when it cannot be had, DeviceError when gpu.js is missing
 */
export async function openBackend(engine: Engine, mode: GpuMode, given: unknown): Promise<Backend> {
  if (mode === 'webgpu') return openWebGpu(engine, given)
  const library = await loadLibrary(given)
  if (!isSupported(library, mode)) throw new DeviceFault('broken', MISSING[mode])
  return new TextureProducts(library, mode)
}
