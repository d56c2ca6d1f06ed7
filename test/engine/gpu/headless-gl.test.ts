import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBackend } from '../../../src/engine/gpu/candidates.ts'
import { hasDevice } from '../../setup/required-devices.ts'
import { layerCases, productCases, runDeviceSuite } from './device-suite.ts'
import { device, engineOf, useGpu } from './library.ts'

// The package gl is left out of this repository's gpu.js: it takes minutes to build, and a display. A gpu.js that has it
// can be named by its URL; then: TENSORLOOM_GPU_LIBRARY=file:///…/gpu.js/src/index.js xvfb-run npx vitest run headless-gl
const library = process.env.TENSORLOOM_GPU_LIBRARY
const missing = await openBackend(engineOf('wasm'), 'headlessgl', library).then(
  async backend => {
    await backend.close()
    return null
  },
  (error: Error) => error.message,
)

describe.runIf(hasDevice('headlessgl-node', missing))('headless-gl in Node', () => {
  beforeAll(async () => {
    await useGpu({ mode: 'headlessgl', library, required: true })
  })
  afterAll(async () => {
    await useGpu({ mode: 'off' })
  })

  it.each([
    ['products of all sizes and transposes', productCases],
    ['layers and training', layerCases],
  ] as const)(
    'gets %s right',
    async (_, cases) => {
      const verdicts = await runDeviceSuite(cases(), { device: 'gpu' })
      expect(verdicts.filter(({ ok }) => !ok)).toEqual([])
    },
    600_000,
  )

  it('is known by its renderer', () => {
    expect(device.status()).toMatchObject({ backend: 'headlessgl', reason: null })
  })
})
