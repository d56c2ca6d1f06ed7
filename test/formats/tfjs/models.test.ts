import { readdirSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTfjsModel, saveTfjsModel, toTfjsModel } from '../../../src/formats/tfjs/index.ts'
import { conformTfjsLayers, runTfjsModel } from '../../../tools/conform/tfjs-layers.ts'
import { Generator, Sequential, type Tensor, tensor } from '../../../src/index.ts'

const folder = join(import.meta.dirname, '../../tfjs-layers')
const names = readdirSync(folder, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name)

describe('models of TensorFlow.js', () => {
  it('are here', () => expect(names).toHaveLength(15))

  it.each(names)('%s predicts, and takes ten training steps, as it did there', async name => {
    const results = await runTfjsModel(folder, name)
    expect(results.map(({ op, problem }) => [op, problem])).toEqual(results.map(({ op }) => [op, undefined]))
    expect(results.every(({ worst }) => worst <= 1)).toBe(true)
  })

  it('are found by the conformance runner', async () => {
    const results = await conformTfjsLayers(folder)
    expect(results).toHaveLength(26)
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([])
  })
})

describe('written models', () => {
  let place: string
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'tfjs-'))
  })
  afterAll(() => rm(place, { recursive: true }))

  it.each(names)('%s comes back the same', async name => {
    const model = await loadTfjsModel(join(folder, name))
    const written = toTfjsModel(model)
    const again = await loadTfjsModel({
      modelJson: JSON.stringify(written.modelJson),
      weights: written.weights,
    })
    const shapes =
      model instanceof Sequential
        ? [model.inputShape ?? []]
        : model.graph.inputs.map(({ shape }) => shape ?? [])
    const random = new Generator(1)
    const data = shapes.map(shape => {
      const size = [2, ...shape].reduce((a, b) => a * b, 1)
      return tensor(
        Float32Array.from({ length: size }, () => random.below(9)),
        { shape: [2, ...shape] },
      )
    })
    const [before, after] = [model, again].map(
      each => each.predict(data.length === 1 ? data[0] : data) as Tensor,
    )
    expect(after.data()).toEqual(before.data())
    expect(toTfjsModel(again)).toEqual(written)
  })

  it('lie in a folder as two files', async () => {
    const model = await loadTfjsModel(join(folder, 'text_lstm'))
    await saveTfjsModel(model, join(place, 'model'))
    expect((await readdir(join(place, 'model'))).sort()).toEqual(['model.json', 'weights.bin'])
    const again = await loadTfjsModel(join(place, 'model', 'model.json'))
    expect([...again.stateDict().keys()]).toEqual([...model.stateDict().keys()])
  })
})
