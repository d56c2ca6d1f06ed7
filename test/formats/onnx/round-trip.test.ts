import { describe, expect, it } from 'vitest'
import { BuildError, UnsupportedError } from '../../../src/errors.ts'
import { exportOnnx, loadOnnx } from '../../../src/formats/onnx/index.ts'
import { exporters } from '../../../src/formats/onnx/export/layers.ts'
import { readModelProto } from '../../../src/formats/onnx/wire/read-model.ts'
import { layerTable } from '../../../src/io/layer-table.ts'
import * as t from '../../../src/index.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { rejection } from '../../setup/errors.ts'
import { examples } from './exported-models.ts'
import { createReader } from './graphs.ts'

const list = (output: t.Tensor | readonly t.Tensor[]): readonly t.Tensor[] => [output].flat() as t.Tensor[]

const distance = (a: t.Tensor, b: t.Tensor): number => {
  const values = b.data()
  return a.data().reduce((worst, value, i) => Math.max(worst, Math.abs(value - values[i])), 0)
}

describe('an exported model, read again,', () => {
  it.each(examples)('computes the same: $name', async ({ make }) => {
    const { model, inputs } = make()
    const wanted = list(model.predict(inputs.length === 1 ? inputs[0] : [...inputs]))
    const again = await loadOnnx<readonly t.Tensor[]>(await exportOnnx(model))
    const got = list(again.predict(inputs.length === 1 ? inputs[0] : [...inputs]))
    expect(got.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape))
    for (const [i, output] of got.entries()) expect(distance(output, wanted[i])).toBeLessThan(1e-5)
    expect(again.info.opsets.get('')).toBeGreaterThanOrEqual(17)
    // Batch sizes are open, and every weight is there under its own name, as it is.
    expect(again.inputs.every(({ shape }) => shape?.[0] === 'batch')).toBe(true)
    for (const [name, weight] of model.stateDict()) {
      expect(again.stateDict().get(name)?.data(), name).toEqual(weight.data())
    }
  })

  it('takes other batches and longer sequences', async () => {
    t.manualSeed(1)
    const model = t.sequential(
      t.embedding({ inputDim: 9, outputDim: 4, maskZero: true }),
      t.bidirectional({ layer: t.lstm({ units: 4, returnSequences: true }) }),
      t.transformerEncoderLayer({ numHeads: 2, intermediateDim: 5, rotary: true }),
      t.gru({ units: 3 }),
    )
    model.predict(t.tensor([[1, 2, 3]], { dtype: 'int32' }))
    const again = await loadOnnx(await exportOnnx(model))
    expect(again.inputs[0].shape).toEqual(['batch', 'time'])
    const longer = t.tensor(
      [
        [0, 0, 5, 6, 7, 0, 8],
        [1, 2, 3, 4, 5, 6, 7],
      ],
      { dtype: 'int32' },
    )
    expect(distance(again.predict(longer), model.predict(longer))).toBeLessThan(1e-5)
  })

  it('keeps a fixed length where a layer needs it', async () => {
    const model = t.sequential(t.embedding({ inputDim: 9, outputDim: 4 }), t.flatten(), t.dense({ units: 2 }))
    model.predict(t.tensor([[1, 2, 3]], { dtype: 'int32' }))
    const again = await loadOnnx(await exportOnnx(model))
    expect(again.inputs[0].shape).toEqual(['batch', 3])
  })

  it.each([
    ['dense', () => t.dense({ units: 2, inputSize: 3 }), ['batch', 3]],
    ['lstm', () => t.lstm({ units: 2, inputSize: 3 }), ['batch', 'time', 3]],
    ['conv2d', () => t.conv2d({ filters: 2, kernelSize: 3, inputSize: 1 }), ['batch', 'axis1', 'axis2', 1]],
    ['embedding', () => t.embedding({ inputDim: 5, outputDim: 2 }), ['batch', 'time']],
  ] as const)('knows its input by its first layer alone: %s', async (_, layer, shape) => {
    const again = await loadOnnx(await exportOnnx(t.sequential(layer() as t.Dense)))
    expect(again.inputs[0].shape).toEqual(shape)
  })

  it('gives gradients like the model that it was', async () => {
    t.manualSeed(2)
    const model = t.sequential(t.lstm({ units: 3, inputSize: 2 }), t.dense({ units: 1 }))
    const x = t.uniform([4, 5, 2], { low: -1, high: 1 })
    model.predict(x)
    const again = await loadOnnx(await exportOnnx(model))
    for (const each of [model, again]) each.forward(x).square().sum().backward()
    const wanted = model.namedParameters()
    for (const [name, parameter] of again.namedParameters()) {
      const gradient = wanted.get(name)?.grad
      if (gradient) expect(distance(parameter.grad as t.Tensor, gradient), name).toBeLessThan(1e-5)
    }
    expect([...wanted.keys()].every(name => again.namedParameters().has(name))).toBe(true)
  })
})

describe('exportOnnx', () => {
  it('has an exporter for every layer that can be saved', () => {
    const missing = [...layerTable].filter(([, { layer }]) => !exporters.has(layer)).map(([name]) => name)
    expect(missing).toEqual([])
  })

  it('refuses activations that the recurrences of ONNX do not have', async () => {
    const model = t.sequential(t.lstm({ units: 2, inputSize: 2, activation: 'mish', name: 'odd' }))
    expect((await rejection(exportOnnx(model))).message).toMatch(/"odd": has the activation mish/)
  })

  class Halve extends t.Layer {
    outputShape(inputShape: t.Shape): t.Shape {
      return inputShape
    }
    protected compute(x: t.Tensor): t.Tensor {
      return x.mul(0.5)
    }
  }

  it('names every layer that it cannot write, by path, in one error', async () => {
    const model = t.sequential(
      t.dense({ units: 4, inputSize: 4 }),
      new Halve({ name: 'first' }),
      t.sequential(new Halve({ name: 'second' }), t.dense({ units: 2 })),
    )
    model.predict(t.ones([1, 4]))
    const error = await rejection(exportOnnx(model))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error instanceof UnsupportedError && error.items).toEqual(['first', 'sequential.second'])
    expect(error.message).toMatch(/2 layers: "first": Halve/)
  })

  it('refuses what keeps a state, and a model that has met nothing', async () => {
    const stateful = t.sequential(t.lstm({ units: 2, inputSize: 2, stateful: true, name: 'memory' }))
    stateful.predict(t.ones([1, 3, 2]))
    expect((await rejection(exportOnnx(stateful))).message).toMatch(/"memory": is stateful/)
    for (const options of [{}, { inputSize: 3 }]) {
      const unbuilt = t.sequential(t.dense({ units: 2, ...options }), t.dense({ units: 1 }))
      expect(await rejection(exportOnnx(unbuilt))).toBeInstanceOf(BuildError)
    }
    class Net extends t.Model {
      forward(x: t.Tensor): t.Tensor {
        return x
      }
    }
    expect(await rejection(exportOnnx(new Net()))).toBeInstanceOf(UnsupportedError)
    class Twice extends t.Sequential {
      override forward(x: t.Tensor): t.Tensor {
        return super.forward(x).mul(2)
      }
    }
    const twice = new Twice([t.dense({ units: 1, inputSize: 3 })], { name: 'twice', inputShape: [3] })
    expect((await rejection(exportOnnx(twice))).message).toMatch(/"twice": Twice has no counterpart/)
  })

  it('passes values from convolution to convolution without moving axes', async () => {
    const model = t.sequential(
      t.conv2d({ filters: 2, kernelSize: 3, activation: 'relu' }),
      t.batchNormalization(),
      t.maxPooling2d(),
      t.conv2d({ filters: 2, kernelSize: 1 }),
    )
    model.predict(t.ones([1, 6, 6, 1]))
    const { graph } = readModelProto(createReader, await exportOnnx(model))
    const operators = graph?.nodes.map(({ opType }) => opType) ?? []
    // One on the way in and one on the way out; two more turn the kernels.
    expect(operators.filter(opType => opType === 'Transpose').length).toBe(4)
    expect(operators).toContain('BatchNormalization')
  })

  it('writes metadata that a reader finds again', async () => {
    const model = t.sequential(t.dense({ units: 2, inputSize: 3 }))
    const bytes = await exportOnnx(model, { inputShape: [3], metadata: { labels: 'a,b' } })
    const { info } = await loadOnnx(bytes)
    expect(info.metadata.get('labels')).toBe('a,b')
    expect([info.producerName, info.producerVersion]).toEqual([packageJson.name, packageJson.version])
  })
})
