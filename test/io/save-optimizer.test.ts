import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  adam,
  cosineSchedule,
  defaultGenerator,
  deserializeModel,
  FormatError,
  load,
  manualSeed,
  memoryStore,
  type Model,
  type ModelResult,
  type OptimizerSpec,
  readSafetensors,
  serializeModel,
  sgd,
  type Tensor,
  writeSafetensors,
} from '../../src/index.ts'
import { errorOf, rejection } from '../setup/errors.ts'
import { sentences, textClassifier } from '../train/problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'optimizer-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { x, y } = sentences()

const train = async (model: Model<ModelResult>): Promise<number[][]> => {
  manualSeed(9)
  await model.fit(x, y, { epochs: 2, batchSize: 16, verbose: false })
  return model.parameters().map(parameter => [...parameter.data()])
}

async function pretrained(optimizer: OptimizerSpec): Promise<Model> {
  const model = textClassifier()
  model.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['accuracy'] })
  await train(model)
  return model
}

describe('a model that is saved with its optimizer', () => {
  it.each<[string, OptimizerSpec]>([
    ['adam by a schedule', adam({ learningRate: cosineSchedule({ learningRate: 0.05, steps: 20 }) })],
    ['sgd with momentum', sgd({ learningRate: 0.1, momentum: 0.9 })],
  ])('goes on training as if it had never been saved: %s', async (name, optimizer) => {
    const model = await pretrained(optimizer)
    const path = join(folder, name.slice(0, 4).trim())
    await model.save(path, { optimizer: true })
    await model.save(`${path}.safetensors`, { optimizer: true })
    const store = memoryStore()
    await model.save(store, { optimizer: true })
    await model.save(`${path}-plain`)
    const expected = await train(model)
    for (const source of [path, `${path}.safetensors`, store])
      expect(await train((await load(source)).model)).toEqual(expected)
    expect(await train((await load(`${path}-plain`)).model)).not.toEqual(expected)
  })

  it('keeps a rate that was changed while it trained', async () => {
    const model = await pretrained(sgd({ learningRate: 0.1 }))
    model.requireCompiled('test').optimizer().learningRate = 0.025
    const { model: again } = deserializeModel(serializeModel(model, { optimizer: true }))
    expect(again.requireCompiled('test').optimizer().learningRate).toBe(0.025)
  })

  it('shows no trace of the optimizer in its metadata or weights', async () => {
    const model = await pretrained(adam())
    const bytes = serializeModel(model, { optimizer: true, metadata: { note: 'mine' } })
    const { model: again, metadata } = deserializeModel(bytes)
    expect([...metadata]).toEqual([['note', 'mine']])
    expect([...again.stateDict().keys()]).toEqual([...model.stateDict().keys()])
  })

  it('must have one that a file can describe', async () => {
    const model = await pretrained(adam())
    const loss = (prediction: Tensor, target: Tensor): Tensor => prediction.sub(target).square().mean()
    model.compile({ optimizer: 'adam', loss })
    expect(String(await rejection(model.save(join(folder, 'own'), { optimizer: true })))).toMatch(
      /functions or objects of your own.*saveCheckpoint/s,
    )
  })

  it.each([
    ['misses a tensor', (names: string[]) => names.filter(name => !name.includes('.first'))],
    ['misses them all', (names: string[]) => names.filter(name => !name.startsWith('optimizer:'))],
  ])('is refused when its file %s', async (_, keep) => {
    const model = await pretrained(adam())
    const { tensors, metadata } = readSafetensors(serializeModel(model, { optimizer: true }))
    const names = [...tensors.keys()]
    const kept = names.some(name => name.includes('.first')) ? keep(names) : keep(names).slice(0, -1)
    const parts = kept.flatMap(name => {
      const tensor = tensors.get(name)
      return tensor === undefined ? [] : [[name, tensor] as const]
    })
    expect(parts.length).toBeLessThan(names.length)
    expect(errorOf(() => deserializeModel(writeSafetensors(parts, metadata)))).toBeInstanceOf(FormatError)
  })
})

describe('loading a model', () => {
  it('draws no random numbers', async () => {
    const bytes = serializeModel(await pretrained(adam()))
    manualSeed(3)
    const before = defaultGenerator().state()
    deserializeModel(bytes)
    expect(defaultGenerator().state()).toEqual(before)
  })
})
