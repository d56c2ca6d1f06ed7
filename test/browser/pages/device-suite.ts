import { type GpuMode, useGpu } from '../../../src/index.ts'
import { goldenCases, layerCases, productCases, runDeviceSuite } from '../../engine/gpu/device-suite.ts'

const LIBRARY = new URL('/gpu.js', location.href).href

const isWorker = typeof window === 'undefined'

/** Every operation that goes to the GPU, against golden values, float64 and WebAssembly; what is wrong. */
async function suite(mode: GpuMode) {
  const status = await useGpu({ mode, library: LIBRARY, required: true })
  const golden = (await (await fetch('/golden.json')).json()) as Record<string, unknown>
  const cases = [...goldenCases(golden), ...productCases(), ...layerCases()]
  const verdicts = await runDeviceSuite(cases, { device: 'gpu' })
  await useGpu({ mode: 'off' })
  const { backend, adapter } = status
  return { backend, adapter, count: verdicts.length, wrong: verdicts.filter(({ ok }) => !ok) }
}

export type Outcome = Awaited<ReturnType<typeof suite>>

/** A page reaches WebGL itself; WebGPU it reaches from a worker, which may wait for the answers. */
export function run(mode: string): Promise<Outcome> {
  if (mode === 'webgl2') return suite('webgl2')
  return new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.url, { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<{ outcome?: Outcome; error?: string }>) =>
      data.outcome === undefined ? reject(new Error(data.error)) : resolve(data.outcome)
    worker.onerror = event => reject(new Error(event.message))
  })
}

if (isWorker) {
  suite('webgpu').then(
    outcome => postMessage({ outcome }),
    (error: Error) => postMessage({ error: error.stack ?? error.message }),
  )
}
