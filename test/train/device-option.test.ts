import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  adam,
  dense,
  device,
  type DeviceName,
  Generator,
  getDevice,
  manualSeed,
  sequential,
  setDevice,
  tensor,
  useGpu,
} from '../../src/index.ts'
import { fakeLibrary } from '../engine/gpu/fake-library.ts'
import { errorOf, rejection } from '../setup/errors.ts'

const x = tensor(new Generator(1).normal(60), { shape: [12, 5] })
const y = tensor(new Generator(2).normal(12), { shape: [12, 1] })

const compiled = () => {
  manualSeed(1)
  const model = sequential(dense({ units: 4, activation: 'tanh', inputSize: 5 }), dense({ units: 1 }))
  model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'meanSquaredError' })
  return model
}
const options = { epochs: 2, batchSize: 4, shuffle: false, verbose: false } as const
const offloaded = (): number => device.status().counters.offloaded

describe('the option device', () => {
  beforeEach(async () => {
    await useGpu({ mode: 'webgl2', library: fakeLibrary().library })
    setDevice('wasm')
  })
  afterEach(async () => {
    await useGpu({ mode: 'off' })
  })

  it('sends fit to the GPU, and nothing else', async () => {
    const want = await compiled().fit(x, y, options)
    const got = await compiled().fit(x, y, { ...options, device: 'gpu' })
    // Each batch: two products forward; dW of both layers and dX of the second backward.
    expect(offloaded()).toBe(2 * 3 * 5)
    expect(getDevice()).toBe('wasm')
    const losses = want.history.loss as readonly number[]
    ;(got.history.loss as readonly number[]).forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses[i], 5)
    })
  })

  it('sends the validation after an epoch there, too', async () => {
    await compiled().fit(x, y, { ...options, epochs: 1, validationData: [x, y], device: 'gpu' })
    expect(offloaded()).toBe(3 * 5 + 3 * 2)
  })

  it('is understood by evaluate, predict and predictAsync', async () => {
    const model = compiled()
    await model.evaluate(x, y, { device: 'gpu' })
    expect(offloaded()).toBe(2)
    const [here, there] = [model.predict(x), model.predict(x, { device: 'gpu' })]
    expect(offloaded()).toBe(4)
    await model.predictAsync(x, { device: 'gpu' })
    expect(offloaded()).toBe(6)
    there.data().forEach((value, i) => {
      expect(value).toBeCloseTo(here.data()[i], 5)
    })
  })

  it.each(['reference', 'reference64'] as const)('may name the device %s', async name => {
    const model = compiled()
    const got = model.predict(x, { device: name }).data()
    const want = model.predict(x).data()
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(want[i], 5)
    })
    expect(getDevice()).toBe('wasm')
  })

  it('refuses a device that is not there, before anything happens', async () => {
    await useGpu({ mode: 'off' })
    const model = compiled()
    const [before, { training }] = [model.predict(x).toArray(), model]
    for (const name of ['gpu', 'cuda' as DeviceName] as const) {
      const problem = name === 'gpu' ? /call await useGpu/ : /does not know the device "cuda"/
      expect((await rejection(model.fit(x, y, { ...options, device: name }))).message).toMatch(problem)
      expect((await rejection(model.evaluate(x, y, { device: name }))).message).toMatch(problem)
      expect(errorOf(() => model.predict(x, { device: name })).message).toMatch(problem)
    }
    expect(model.predict(x).toArray()).toEqual(before)
    expect(model.training).toBe(training)
  })
})
