import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadOnnx } from '../../../src/formats/onnx/index.ts'
import {
  adam,
  manualSeed,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  uniform,
} from '../../../src/index.ts'
import { runCommandLine } from '../../../tools/conform/command-line.ts'

const folder = join(import.meta.dirname, '..', '..', 'onnx-pytorch')
const load = (name: string) => loadOnnx(join(folder, name, 'model.onnx'))

/** What the network gives before a softmax that its file does not have. */
const sparseFromLogits = (prediction: Tensor, target: Tensor): Tensor =>
  sparseCategoricalCrossentropy(prediction, target, { fromLogits: true })

describe('models that PyTorch exported', () => {
  it('give what PyTorch gives', async () => {
    const { exitCode, stdout } = await runCommandLine(['onnx-pytorch', folder])
    expect(stdout).toMatch(/10 cases, 10 passed, 0 failed/)
    expect(exitCode).toBe(0)
  })

  it('have their weights as parameters, under their names', async () => {
    const model = await load('mlp')
    const { state_dict } = JSON.parse(readFileSync(join(folder, 'mlp', 'io.json'), 'utf8'))
    expect([...model.stateDict().keys()].sort()).toEqual(Object.keys(state_dict).sort())
    const bytes = Uint8Array.from(Buffer.from(state_dict['0.weight'].b64, 'base64'))
    expect(model.stateDict().get('0.weight')?.data()).toEqual(new Float32Array(bytes.buffer))
    expect(model.info.producerName).toBe('pytorch')
    expect(model.inputs[0].shape?.[0]).toBeTypeOf('string')
  })

  it.each([
    ['mlp', 'sparseCategoricalCrossentropy'],
    ['cnn_bn', sparseFromLogits],
  ] as const)('can be trained further: %s', async (name, loss) => {
    const model = await load(name)
    manualSeed(1)
    const [{ shape }] = model.inputs
    const sizes = (shape ?? []).map((size, axis) => (axis === 0 ? 8 : Number(size)))
    const x = uniform(sizes, { low: -2, high: 2 })
    const labels = Int32Array.from({ length: 8 }, (_, i) => i % 2)
    model.compile({ optimizer: adam({ learningRate: 0.01 }), loss })
    const before = model.stateDict()
    const { history } = await model.fit(x, labels, { epochs: 30, batchSize: 4, verbose: false })
    expect(history.loss[29]).toBeLessThan(history.loss[0] * 0.9)
    for (const [key, value] of model.stateDict()) {
      expect(value.data(), key).not.toEqual(before.get(key)?.data())
    }
  })

  it('trains embeddings and LSTMs on ids', async () => {
    const model = await load('text_lstm')
    const [{ shape }] = model.inputs
    const time = Number((shape ?? [])[1]) || 5
    const ids = tensor(
      Array.from({ length: 8 * time }, (_, i) => i % 7),
      { shape: [8, time], dtype: 'int32' },
    )
    model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
    const targets = tensor(Array.from({ length: 8 }, (_, i) => i % 2))
    const { history } = await model.fit(ids, targets, { epochs: 40, verbose: false })
    expect(history.loss[39]).toBeLessThan(history.loss[0])
    expect(model.predict(ids).shape).toEqual([8])
  })
})
