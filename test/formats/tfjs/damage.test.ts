import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadTfjsModel } from '../../../src/formats/tfjs/index.ts'
import { FormatError, TensorloomError, UnsupportedError, ValueError } from '../../../src/index.ts'
import { rejection } from '../../setup/errors.ts'

const folder = join(import.meta.dirname, '../../tfjs-layers')
const textOf = (name: string): string => readFileSync(join(folder, name, 'model.json'), 'utf8')
const bytesOf = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(folder, name, 'weights.bin')))

type Json = { [key: string]: Json } & Json[]
const damaged = (name: string, change: (json: Json) => unknown) => {
  const json = JSON.parse(textOf(name)) as Json
  change(json)
  return loadTfjsModel({ modelJson: json, weights: bytesOf(name) })
}
const layersOf = (json: Json): Json => json.modelTopology.config.layers
const groupOf = (json: Json): Json => json.weightsManifest[0]

describe('a damaged file', () => {
  it.each<[string, (json: Json) => unknown, RegExp]>([
    [
      'no topology',
      json => Reflect.deleteProperty(json, 'modelTopology'),
      /modelTopology: expected an object/,
    ],
    [
      'another format',
      json => Object.assign(json, { format: 'graph-model' }),
      /expected "layers-model", got "graph-model"/,
    ],
    [
      'no manifest',
      json => Object.assign(json, { weightsManifest: 3 }),
      /weightsManifest: expected an array/,
    ],
    [
      'a missing tensor',
      json => groupOf(json).weights.pop(),
      /there are \d+ bytes more than the manifest announces/,
    ],
    [
      'a tensor of another name',
      json => Object.assign(groupOf(json).weights[0], { name: 'dense_Dense1/krenel' }),
      /tensor "dense_Dense1\/kernel": it is missing/,
    ],
    [
      'a tensor that comes twice',
      json => Object.assign(groupOf(json).weights[1], { name: 'dense_Dense1/kernel' }),
      /comes twice|missing/,
    ],
    [
      'a tensor of another shape',
      json =>
        Object.assign(groupOf(json).weights[0], {
          shape: [...(groupOf(json).weights[0].shape as never as number[])].reverse(),
        }),
      /it has the shape/,
    ],
    [
      'a negative size',
      json => Object.assign(groupOf(json).weights[0], { shape: [-4, -4] }),
      /whole numbers|no shape/,
    ],
    [
      'a huge size',
      json => Object.assign(groupOf(json).weights[0], { shape: [1e15, 1e15] }),
      /no shape of a tensor/,
    ],
    [
      'another element type',
      json => Object.assign(groupOf(json).weights[0], { dtype: 'string' }),
      /float32, int32 or bool, this is "string"/,
    ],
    [
      'weights outside the folder',
      json => Object.assign(groupOf(json), { paths: ['../../secret'] }),
      /"..\/..\/secret" does not lie beside the model/,
    ],
    [
      'weights at an address',
      json => Object.assign(groupOf(json), { paths: ['http://example.com/x'] }),
      /does not lie beside/,
    ],
    [
      'no class',
      json => Reflect.deleteProperty(layersOf(json)[0], 'class_name'),
      /class_name: expected a string/,
    ],
    [
      'units that are a word',
      json => Object.assign(layersOf(json)[0].config, { units: 'many' }),
      /layers\[0\].config.units: expected a whole number ≥ 1, got "many"/,
    ],
    ['units that are too many', json => Object.assign(layersOf(json)[0].config, { units: 7 }), /shape|needs/],
    [
      'an activation that is none',
      json => Object.assign(layersOf(json)[0].config, { activation: 'rleu' }),
      /activation: activation "rleu" is unknown/,
    ],
    [
      'layers that are none',
      json => Object.assign(json.modelTopology.config, { layers: 'x' }),
      /layers: expected an array/,
    ],
    [
      'two layers of one name',
      json => Object.assign(layersOf(json)[1].config, { name: layersOf(json)[0].config.name }),
      /already has a layer named/,
    ],
    [
      '__proto__ as a layer',
      json => Object.assign(layersOf(json)[0].config, { name: '__proto__' }),
      /tensor "__proto__\/kernel": it is missing/,
    ],
  ])('is refused: %s', async (_, change, message) => {
    const error = await rejection(damaged('dense_mlp', change))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(message)
  })

  it.each<[string, (json: Json) => unknown, RegExp]>([
    [
      'a tensor of nowhere',
      json => Object.assign(layersOf(json)[3], { inbound_nodes: [[['nobody', 0, 0, {}]]] }),
      /does not exist, or depends on itself/,
    ],
    [
      'a circle',
      json => Object.assign(layersOf(json)[2], { inbound_nodes: [[[layersOf(json)[2].name, 0, 0, {}]]] }),
      /depends on itself/,
    ],
    [
      'a reference that is none',
      json => Object.assign(layersOf(json)[3], { inbound_nodes: [[['input2', -1, 0]]] }),
      /is no \[layer, call, output\]/,
    ],
    [
      'outputs of nowhere',
      json => Object.assign(json.modelTopology.config, { output_layers: [['constructor', 0, 0]] }),
      /there is no "constructor"/,
    ],
    [
      'an input that reads',
      json => Object.assign(layersOf(json)[4], { inbound_nodes: [[['input2', 0, 0, {}]]] }),
      /2 or more tensors, got 1/,
    ],
    [
      'sizes that do not fit',
      json => Object.assign(layersOf(json)[0].config, { batch_input_shape: [null, 9] }),
      /it has the shape|needs/,
    ],
  ])('is refused in a graph: %s', async (_, change, message) => {
    const error = await rejection(damaged('functional', change))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(message)
  })

  it.each<[string, (json: Json) => unknown, RegExp]>([
    [
      'an initializer',
      json =>
        Object.assign(layersOf(json)[0].config, { kernel_initializer: { class_name: 'Magic', config: {} } }),
      /names the initializer "Magic"/,
    ],
    [
      'a penalty on activities',
      json =>
        Object.assign(layersOf(json)[0].config, { activity_regularizer: { class_name: 'L1L2', config: {} } }),
      /penalty on activities/,
    ],
    [
      'a loss',
      json =>
        Object.assign(json, {
          trainingConfig: {
            loss: 'magic',
            metrics: [],
            optimizer_config: { class_name: 'Adam', config: {} },
          },
        }),
      /names the loss "magic"/,
    ],
    [
      'an optimizer',
      json =>
        Object.assign(json, {
          trainingConfig: { loss: 'mse', optimizer_config: { class_name: 'Magic', config: {} } },
        }),
      /names the optimizer "Magic"/,
    ],
  ])('that asks for more than there is, is refused as that: %s', async (_, change, message) => {
    const error = await rejection(damaged('dense_mlp', change))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.message).toMatch(message)
  })

  it('cut short is refused at every length', async () => {
    const bytes = bytesOf('dense_mlp')
    for (const length of [0, 1, 4, bytes.length - 1])
      expect(
        await rejection(loadTfjsModel({ modelJson: textOf('dense_mlp'), weights: bytes.slice(0, length) })),
      ).toBeInstanceOf(FormatError)
  })

  it('that is no JSON, or not there, is refused', async () => {
    expect(await rejection(loadTfjsModel({ modelJson: '{', weights: new Uint8Array(0) }))).toBeInstanceOf(
      FormatError,
    )
    expect(await rejection(loadTfjsModel('/nowhere/at/all'))).toBeInstanceOf(FormatError)
    expect(await rejection(loadTfjsModel(3 as never))).toBeInstanceOf(ValueError)
    expect(
      await rejection(
        loadTfjsModel({ modelJson: '{}', weights: new Uint8Array(0) }, { complie: false } as never),
      ),
    ).toBeInstanceOf(ValueError)
  })

  it('anywhere else never ends in anything but an error of the library, nor changes what objects inherit', async () => {
    const names = ['dense_mlp', 'functional', 'bidirectional', 'batch_norm', 'conv2d', 'lstm_sequences']
    const values: unknown[] = [null, -1, 1.5, 1e308, '', '__proto__', [], {}, [[]], true]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.constantFrom(...values),
        async (name, place, value) => {
          const json = JSON.parse(textOf(name)) as Json
          const spots: [Json, string][] = []
          const visit = (node: Json): void => {
            if (typeof node !== 'object' || node === null) return
            for (const key of Object.keys(node)) {
              spots.push([node, key])
              visit(node[key])
            }
          }
          visit(json)
          const [node, key] = spots[place % spots.length]
          Object.assign(node, { [key]: value })
          const result = await loadTfjsModel({ modelJson: json, weights: bytesOf(name) }).catch(
            (error: unknown) => error,
          )
          if (result instanceof Error) expect(result).toBeInstanceOf(TensorloomError)
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      ),
      { numRuns: 400, seed: 7 },
    )
  })
})

describe('weights in other forms', () => {
  it('are widened: uint8, uint16, float16, int32, bool', async () => {
    const layers = [{ class_name: 'Dense', config: { units: 2, name: 'd', batch_input_shape: [null, 1] } }]
    const load = (kernel: object, bytes: Uint8Array, bias: object = { dtype: 'bool' }) => {
      const weights = [
        { name: 'd/kernel', shape: [1, 2], ...kernel },
        { name: 'd/bias', shape: [2], ...bias },
      ]
      const topology = { class_name: 'Sequential', config: { name: 's', layers } }
      return loadTfjsModel({
        modelJson: {
          format: 'layers-model',
          modelTopology: { model_config: topology },
          weightsManifest: [{ paths: ['a', 'b'], weights }],
        },
        weights: new Map([
          ['a', bytes],
          ['b', Uint8Array.of(0, 1)],
        ]),
      })
    }
    const kernelOf = async (model: ReturnType<typeof load>) => [...(await model).parameters()[0].data()]
    const quantized = (dtype: string, scale = 0.5, min = -1) => ({
      dtype: 'float32',
      quantization: { dtype, scale, min },
    })
    expect(await kernelOf(load(quantized('uint8'), Uint8Array.of(2, 255)))).toEqual([0, 126.5])
    expect(await kernelOf(load(quantized('uint16'), new Uint8Array(Uint16Array.of(4, 1000).buffer)))).toEqual(
      [1, 499],
    )
    expect(
      await kernelOf(load(quantized('float16'), new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer))),
    ).toEqual([1, -2])
    expect(await kernelOf(load({ dtype: 'int32' }, new Uint8Array(Int32Array.of(-3, 9).buffer)))).toEqual([
      -3, 9,
    ])
    const model = await load({ dtype: 'int32' }, new Uint8Array(8))
    expect([...model.parameters()[1].data()]).toEqual([0, 1])
    const error = await rejection(load(quantized('uint4'), new Uint8Array(1)))
    expect(error.message).toMatch(/stored as uint8, uint16 or float16, not "uint4"/)
  })

  it('are fetched from beside the model', async () => {
    const served = new Map([
      ['https://host.test/m/model.json', Buffer.from(textOf('gru'))],
      ['https://host.test/m/weights.bin', Buffer.from(bytesOf('gru'))],
    ])
    const fetch = async (url: string) => ({
      ok: served.has(url),
      status: served.has(url) ? 200 : 404,
      statusText: '',
      arrayBuffer: async () => Uint8Array.from(served.get(url) ?? []).buffer,
    })
    for (const source of [
      'https://host.test/m',
      'https://host.test/m/',
      new URL('https://host.test/m/model.json'),
    ])
      expect((await loadTfjsModel(source, { fetch })).parameters()).toHaveLength(5)
    expect(await rejection(loadTfjsModel('https://host.test/n', { fetch }))).toBeInstanceOf(FormatError)
  })
})
