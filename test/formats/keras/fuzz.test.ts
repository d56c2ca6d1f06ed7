import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { TensorloomError } from '../../../src/errors.ts'
import { type KerasContent, limitsFor } from '../../../src/formats/keras/content.ts'
import { extract } from '../../../src/formats/keras/extract.ts'
import { modelOf } from '../../../src/formats/keras/load.ts'
import { readInWorker } from '../../../src/formats/keras/read-in-worker.ts'
import { serializeKeras, serializeKerasWeights } from '../../../src/formats/keras/index.ts'
import {
  bidirectional,
  dense,
  embedding,
  Generator,
  lstm,
  manualSeed,
  Sequential,
} from '../../../src/index.ts'

// TENSORLOOM_FUZZ makes all of it so many times longer.
const factor = Number(process.env.TENSORLOOM_FUZZ ?? 1)

const model = () => {
  manualSeed(1)
  return new Sequential(
    [
      embedding({ inputDim: 5, outputDim: 2 }),
      bidirectional({ layer: lstm({ units: 2 }) }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
    { inputShape: [3] },
  )
}

// The HDF5 library writes a page about each damaged file.
beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined))
afterAll(() => void vi.restoreAllMocks())

/** Changes, removes or repeats some bytes. */
function mutated(bytes: Uint8Array, generator: Generator): Uint8Array {
  const copy = bytes.slice()
  for (let i = 0; i <= generator.below(4); i++) copy[generator.below(copy.length)] = generator.below(256)
  return generator.below(8) === 0 ? copy.slice(0, generator.below(copy.length)) : copy
}

it('damaged HDF5 files and archives are read or refused, in bounded memory', async () => {
  const generator = new Generator(1)
  const files = [await serializeKerasWeights(model()), await serializeKeras(model())]
  const before = process.memoryUsage().arrayBuffers
  let refused = 0
  for (let round = 0; round < 200 * factor; round++) {
    const bytes = mutated(files[round % 2], generator)
    try {
      const { h5 } = await extract(bytes, limitsFor(bytes.length))
      for (const { values, shape } of h5.datasets.values()) {
        expect(values).toHaveLength(shape.reduce((product, size) => product * size, 1))
      }
    } catch (error) {
      expect(error).toBeInstanceOf(Error)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(20)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300e6)
})

it('damaged descriptions give errors of the library, and change no prototype', async () => {
  const generator = new Generator(2)
  const bytes = await serializeKeras(model())
  const content = await extract(bytes, limitsFor(bytes.length))
  const config = content.config ?? ''
  let refused = 0
  let loaded = 0
  for (let round = 0; round < 2000 * factor; round++) {
    const text = new TextDecoder().decode(mutated(new TextEncoder().encode(config), generator))
    const damaged: KerasContent = { config: text, h5: content.h5 }
    try {
      modelOf('fuzz', damaged)
      loaded++
    } catch (error) {
      expect(error).toBeInstanceOf(TensorloomError)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(500)
  expect(loaded).toBeGreaterThan(10)
  expect(Object.keys(Object.prototype)).toEqual([])
})

it('a reader that takes too long is ended', async () => {
  const bytes = await serializeKerasWeights(model())
  await expect(readInWorker('loadKeras', bytes, 0)).rejects.toThrow(/took longer than 0 ms/)
})
