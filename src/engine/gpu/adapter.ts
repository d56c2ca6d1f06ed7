/** What is known of the processor behind a backend. */
export interface Adapter {
  readonly name: string
  /** A program that imitates a GPU: correct, and slower than WebAssembly. */
  readonly software: boolean
}

const IMITATIONS = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b|subzero/i

/** What WebGPU says of an adapter. */
interface AdapterFacts {
  readonly isFallbackAdapter?: boolean
  readonly info?: {
    readonly vendor?: string
    readonly architecture?: string
    readonly description?: string
    readonly device?: string
    readonly isFallbackAdapter?: boolean
  }
}

/** The part of `navigator.gpu` that is used here. */
export interface WebGpu {
  requestAdapter(options?: object): Promise<AdapterFacts | null>
}

export function describeAdapter({ isFallbackAdapter, info = {} }: AdapterFacts): Adapter {
  const { vendor, architecture, device, description } = info
  const name = [description || device, vendor, architecture].filter(Boolean).join(', ') || 'unnamed adapter'
  return {
    name,
    software: isFallbackAdapter === true || info.isFallbackAdapter === true || IMITATIONS.test(name),
  }
}

/** The part of a WebGL context that names its renderer. */
interface NamedContext {
  readonly RENDERER: number
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null
  getParameter(name: number): unknown
}

const isNamed = (context: unknown): context is NamedContext =>
  typeof context === 'object' && context !== null && 'getParameter' in context && 'RENDERER' in context

export function describeContext(context: unknown): Adapter {
  if (!isNamed(context)) return { name: 'unnamed renderer', software: false }
  const debug = context.getExtension('WEBGL_debug_renderer_info')
  const name = String(context.getParameter(debug?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER))
  return { name, software: IMITATIONS.test(name) }
}
