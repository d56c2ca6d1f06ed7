import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  categoricalCrossentropy,
  dense,
  deserializeModel,
  load,
  manualSeed,
  type Model,
  readSafetensors,
  SGD,
  type LoadedModel,
  Sequential,
  sequential,
  serializeModel,
  sgd,
  type Tensor,
  tensor,
  withLossOptions,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { everyLayer, ids, numbers, smallTokenizer, temporaryFolder, textClassifier } from './saved-models.ts'

const folder = temporaryFolder()
const bitsOf = (model: LoadedModel, x = ids(5, 4, 7)): Uint32Array =>
  new Uint32Array(model.predict(x).data().buffer)

describe.each(devices)('a saved model on %s', device => {
  useDevice(device)

  it.each([
    ['directory', `text-${device}`],
    ['file', `text-${device}.safetensors`],
  ])('predicts the same bits when loaded from a %s', async (_, name) => {
    const model = textClassifier()
    await model.fit(ids(8, 4, 7), tensor([0, 1, 0, 1, 0, 1, 0, 1]), { epochs: 2, verbose: false })
    const target = join(folder, name)
    await model.save(target)
    const { model: again } = await load(target)
    expect(bitsOf(again)).toEqual(bitsOf(model))
    expect(again.training).toBe(false)
    expect(again.name).toBe('reviews')
  })

  it('predicts the same bits with every layer, nested ones too', () => {
    const model = everyLayer()
    const { model: again } = deserializeModel(serializeModel(model))
    expect(bitsOf(again)).toEqual(bitsOf(model))
    expect([...again.stateDict().keys()]).toEqual([...model.stateDict().keys()])
    expect([...again.stateDict().keys()]).toContain('sequential.dense.kernel')
    expect([...again.stateDict().keys()]).toContain('__proto__.kernel')
  })
})

describe('save', () => {
  it('gives the same bytes for the same model, and for the one that was loaded', () => {
    const bytes = serializeModel(everyLayer())
    expect(serializeModel(everyLayer())).toEqual(bytes)
    expect(serializeModel(deserializeModel(bytes).model)).toEqual(bytes)
  })

  it('keeps tokenizer and metadata, and gives null and nothing where there were none', async () => {
    const tokenizer = smallTokenizer()
    const metadata = { accuracy: '0.97', __proto__x: '学' }
    for (const name of ['with-tokenizer', 'with-tokenizer.safetensors']) {
      const target = join(folder, name)
      await textClassifier().save(target, { tokenizer, metadata })
      const loaded = await load(target)
      expect(loaded.tokenizer?.textsToSequences(['not brilliantly dull 不 x'])).toEqual(
        tokenizer.textsToSequences(['not brilliantly dull 不 x']),
      )
      expect(Object.fromEntries(loaded.metadata)).toEqual(metadata)
      await textClassifier().save(target)
      expect(await load(target)).toMatchObject({ tokenizer: null, metadata: new Map() })
    }
    expect(readdirSync(join(folder, 'with-tokenizer')).sort()).toEqual(['model.json', 'model.safetensors'])
  })

  it('writes a file that any reader of safetensors understands', () => {
    const { tensors, metadata } = readSafetensors(
      serializeModel(textClassifier(), { metadata: { note: 'x' } }),
    )
    expect(tensors.get('lstm.kernel')?.shape).toEqual([3, 8])
    expect(metadata?.get('note')).toBe('x')
    expect(JSON.parse(metadata?.get('tensorloom.model') ?? '')).toMatchObject({
      format: 'tensorloom-model',
      version: 1,
      className: 'Sequential',
      compile: { optimizer: { name: 'adam', options: { learningRate: 0.01 } }, metrics: ['accuracy'] },
    })
  })

  it('trains on after loading as a model compiled afresh does', async () => {
    const model = textClassifier()
    const { model: again } = deserializeModel(serializeModel(model))
    const train = (m: Model) => {
      manualSeed(9)
      return m.fit(ids(8, 4, 7), tensor([0, 1, 0, 1, 0, 1, 0, 1]), {
        epochs: 3,
        batchSize: 3,
        verbose: false,
      })
    }
    const expected = await train(model)
    expect((await train(again)).history).toEqual(expected.history)
    expect(bitsOf(again)).toEqual(bitsOf(model))
  })

  it('keeps the options of losses, and leaves compile settings out where a part is the user’s own', () => {
    const model = sequential(dense({ units: 2, inputSize: 3, activation: 'softmax' }))
    const compileAndLoad = (options: Parameters<Sequential['compile']>[0]) => {
      model.compile(options)
      return deserializeModel(serializeModel(model)).model.compiledSettings
    }
    const smooth = withLossOptions(categoricalCrossentropy, { labelSmoothing: 0.1 })
    const settings = compileAndLoad({ optimizer: sgd({ momentum: 0.9 }), loss: smooth })
    expect(settings?.outputs[0].loss.builtIn).toBe('categoricalCrossentropy')
    expect(settings?.outputs[0].loss.fixed).toEqual({ labelSmoothing: 0.1 })
    expect(settings?.options.optimizer).toMatchObject({ name: 'sgd', options: { momentum: 0.9 } })
    expect(
      compileAndLoad({ optimizer: 'adam', loss: (p: Tensor, y: Tensor) => p.sub(y).square().mean() }),
    ).toBeNull()
    expect(compileAndLoad({ optimizer: new SGD(model.parameters()), loss: 'meanSquaredError' })).toBeNull()
    expect(compileAndLoad({ optimizer: 'sgd', loss: smooth, metrics: [() => 1] })).toBeNull()
  })

  it('keeps a model whose sizes were given, and whose input shape was never seen', () => {
    const model = sequential(dense({ units: 2, inputSize: 3 }))
    const { model: again } = deserializeModel(serializeModel(model))
    expect(again instanceof Sequential && again.inputShape).toBeNull()
    expect(bitsOf(again, numbers(2, 3))).toEqual(bitsOf(model, numbers(2, 3)))
  })

  it('creates missing folders, takes URLs, replaces what is there and leaves no temporary files', async () => {
    const target = pathToFileURL(join(folder, 'new/deep/'))
    await textClassifier().save(target)
    await textClassifier().save(target, { tokenizer: smallTokenizer() })
    expect(readdirSync(join(folder, 'new/deep')).sort()).toEqual([
      'model.json',
      'model.safetensors',
      'tokenizer.json',
    ])
    expect((await load(target)).tokenizer).not.toBeNull()
  })

  it('leaves the old file as it was when the model cannot be saved', async () => {
    const target = join(folder, 'kept.safetensors')
    await textClassifier().save(target)
    const before = readFileSync(target)
    await expect(sequential(dense({ units: 2 })).save(target)).rejects.toThrow(/inputShape/)
    expect(readFileSync(target).equals(before)).toBe(true)
  })

  it('refuses targets that are neither a directory nor a safetensors file', async () => {
    writeFileSync(join(folder, 'taken'), '')
    for (const name of ['model.h5', 'taken', 'model.json'])
      await expect(textClassifier().save(join(folder, name))).rejects.toThrow(/ends in \.safetensors/)
  })

  it('refuses options that nobody reads, before it writes', async () => {
    const options = JSON.parse('{"tokeniser": null}')
    const target = join(folder, 'misspelt')
    const model = textClassifier()
    await expect(model.save(target, options)).rejects.toThrow(/no option "tokeniser".*\n.*'tokenizer'/)
    expect(readdirSync(folder)).not.toContain('misspelt')
    expect(() => serializeModel(model, options)).toThrow(/no option "tokeniser"/)
    const classes = JSON.parse('{"classes": {}}')
    await expect(load(target, classes)).rejects.toThrow(/load has no option "classes"/)
    expect(() => deserializeModel(serializeModel(model), classes)).toThrow(/no option "classes"/)
  })

  it('refuses metadata that is no text, or has a key of the library’s own', () => {
    const model = textClassifier()
    expect(() => serializeModel(model, { metadata: { 'tensorloom.model': '' } })).toThrow(/library's own/)
    expect(() => serializeModel(model, { metadata: JSON.parse('{"n": 1}') })).toThrow(/texts.*number for "n"/)
  })
})
