import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  BatchNormalization,
  batchNormalization,
  dense,
  groupNorm,
  groupNormalization,
  layerNorm,
  layerNormalization,
  ModuleBuffer,
  noGrad,
  rmsNormalization,
  SGD,
  ShapeError,
  sequential,
  type Tensor,
  valueAndGrad,
  ValueError,
} from '../../src/index.ts'
import { type GoldenCase, loadGoldenCases, type NamedValues } from '../../tools/conform/golden/case.ts'
import { createTensor } from '../../tools/conform/golden/tensorloom.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, normal } from '../setup/numbers.ts'

const file = new URL('../golden/ops_norm.json', import.meta.url)
const cases = new Map(loadGoldenCases(JSON.parse(readFileSync(file, 'utf8'))).map(c => [c.name, c]))

function golden(name: string): GoldenCase {
  const found = cases.get(name)
  if (found === undefined) throw new Error(`no case ${name}`)
  return found
}

const get = (values: NamedValues, name: string): Tensor | null => {
  const found = values.get(name)
  return found === undefined ? null : createTensor(found)
}

const need = (values: NamedValues, name: string): Tensor => get(values, name) ?? expect.fail(name)

/** Far below the tolerances that the file gives. */
function expectTight(got: Tensor, want: Tensor): void {
  const values = want.values()
  got.values().forEach((value, i) => {
    expect(Math.abs(value - values[i])).toBeLessThanOrEqual(2e-6 + 1e-5 * Math.abs(values[i]))
  })
}

/** Output and gradients of an op on a case, against what was recorded. */
function expectGolden(
  c: GoldenCase,
  op: (x: Tensor, gamma: Tensor | null, beta: Tensor | null) => Tensor,
): void {
  const names = ['x', ...c.parameters.keys()]
  const inputs = names.map(name => need(name === 'x' ? c.inputs : c.parameters, name))
  const run = (x: Tensor, gamma: Tensor | null = null, beta: Tensor | null = null): Tensor =>
    op(x, gamma, beta)
  expectTight(run(...(inputs as [Tensor])), need(c.outputs, 'out'))
  const loss = (...all: Tensor[]): Tensor =>
    run(...(all as [Tensor]))
      .mul(need(c.cotangents, 'out'))
      .sum()
  const { gradients } = valueAndGrad(loss)(...inputs)
  names.forEach((name, i) => {
    expectTight(gradients[i], need(c.gradients, name))
  })
}

function batchLayer(c: GoldenCase): BatchNormalization {
  const layer = new BatchNormalization({
    axis: 1,
    momentum: 1 - c.attributes.number('momentum'),
    epsilon: c.attributes.number('eps'),
    correction: 1,
    inputSize: need(c.buffers, 'running_mean').size,
  })
  layer.movingMean.assign(need(c.buffers, 'running_mean'))
  layer.movingVariance.assign(need(c.buffers, 'running_var'))
  return layer
}

describe.each(devices)('normalisation on %s', device => {
  useDevice(device)

  it.each(['0', '1', '2', 'noaffine'])('layer norm %s matches the golden values closely', name => {
    const c = golden(`layer_norm/${name}`)
    const options = { axis: c.attributes.numbers('axes'), epsilon: c.attributes.number('eps') }
    expectGolden(c, (x, gamma, beta) => layerNorm(x, { ...options, gamma, beta }))
  })

  it('group norm matches the golden values closely', () => {
    const c = golden('group_norm/0')
    const options = { axis: 1, groups: c.attributes.number('groups'), epsilon: c.attributes.number('eps') }
    expectGolden(c, (x, gamma, beta) => groupNorm(x, { ...options, gamma, beta }))
  })

  it.each([0, 1, 2])('batch norm %i matches the golden values closely, in training and in evaluation', i => {
    const [trained, evaluated] = [golden(`batch_norm_train/${i}`), golden(`batch_norm_eval/${i}`)]
    const layer = batchLayer(trained)
    const x = need(trained.inputs, 'x')
    const forward = (c: GoldenCase): void => {
      expectGolden(c, (y, gamma, beta) => {
        Object.assign(layer, { gamma, beta })
        return layer.forward(y)
      })
    }
    layer.forward(x)
    // The statistics after one batch are those that the evaluation was recorded with.
    layer.eval()
    forward(evaluated)
    layer.train().forward(x)
    // And what was recorded for training is those after two.
    expectTight(layer.movingMean, need(trained.outputs, 'running_mean'))
    expectTight(layer.movingVariance, need(trained.outputs, 'running_var'))
    forward(trained)
  })

  it('follows the batches as Keras does, by the biased variance', () => {
    const layer = batchNormalization({ momentum: 0.9 })
    const x = normal([8, 3]).mul(2).add(1)
    layer.forward(x)
    expectClose(layer.movingMean, x.mean({ axis: 0 }).mul(0.1))
    expectClose(layer.movingVariance, x.variance({ axis: 0 }).mul(0.1).add(0.9))
  })

  it('leaves the moving statistics alone in evaluation', () => {
    const layer = batchNormalization().eval()
    const x = normal([4, 2, 3])
    expectClose(layer.forward(x), x.mul(1 / Math.sqrt(1 + 1e-3)))
    expectClose(layer.movingMean, [0, 0, 0])
  })

  it('trains gamma and beta, and no statistics', () => {
    const model = sequential(dense({ units: 4, inputSize: 2 }), batchNormalization(), dense({ units: 1 }))
    const x = normal([16, 2])
    const y = x.sum({ axis: 1, keepDims: true })
    const lossOf = (): Tensor => model.forward(x).sub(y).square().mean()
    const before = lossOf().item()
    const optimizer = new SGD(model.parameters(), { learningRate: 0.05 })
    for (let step = 0; step < 60; step++) {
      optimizer.zeroGrad()
      lossOf().backward()
      optimizer.step()
    }
    expect(lossOf().item()).toBeLessThan(before / 10)
    expect(model.parameters()).toHaveLength(6)
    expect([...model.namedBuffers().keys()]).toEqual([
      'batch_normalization.movingMean',
      'batch_normalization.movingVariance',
    ])
    // The moving statistics have come near those of the data.
    for (let step = 0; step < 500; step++) noGrad(() => model.forward(x))
    const trained = lossOf().item()
    expect(Math.abs(model.eval() && lossOf().item() - trained)).toBeLessThan(0.05)
  })

  it('normalises features, groups and root mean squares', () => {
    const x = normal([5, 6, 4]).mul(3).add(2)
    const normalised = layerNormalization({ epsilon: 0 }).forward(x)
    expectClose(normalised.mean({ axis: -1 }), new Float32Array(30), 1e-6)
    expectClose(normalised.variance({ axis: -1 }), new Float32Array(30).fill(1), 1e-5)
    const grouped = groupNormalization({ groups: 2, epsilon: 0 }).forward(x).reshape([5, 6, 2, 2])
    expectClose(grouped.mean({ axis: [1, 3] }), new Float32Array(10), 1e-6)
    expectClose(grouped.variance({ axis: [1, 3] }), new Float32Array(10).fill(1), 1e-5)
    const squares = rmsNormalization().forward(x).square().mean({ axis: -1 })
    expectClose(squares, new Float32Array(30).fill(1), 1e-5)
  })
})

describe('buffers of modules', () => {
  it('are saved and loaded with the parameters', () => {
    const layer = batchNormalization({ inputSize: 2 })
    layer.forward(normal([4, 2]))
    const state = layer.stateDict()
    expect([...state.keys()]).toEqual(['gamma', 'beta', 'movingMean', 'movingVariance'])
    const other = batchNormalization()
    other.loadStateDict(state)
    expectClose(other.movingMean, layer.movingMean)
    expect(other.movingMean).toBeInstanceOf(ModuleBuffer)
    expect(other.parameters()).toHaveLength(2)
    state.delete('movingMean')
    expect(errorOf(() => other.loadStateDict(state)).message).toMatch(/missing: "movingMean"/)
  })

  it('are as many as channels, whatever gamma and beta', () => {
    const layer = batchNormalization({ axis: 1, scale: false, center: false, inputSize: 3 })
    expect(layer.forward(normal([2, 3, 4])).shape).toEqual([2, 3, 4])
    expect([...layer.stateDict().keys()]).toEqual(['movingMean', 'movingVariance'])
  })
})

describe('errors of normalisation', () => {
  it('names sizes that do not fit', () => {
    const wrong = [
      () => layerNormalization({ inputSize: 3 }).forward(normal([2, 4])),
      () => batchNormalization({ inputSize: 3 }).forward(normal([2, 4])),
      () => batchNormalization({ axis: 2 }).forward(normal([2, 4])),
      () => groupNormalization({ groups: 3 }).forward(normal([2, 4])),
      () => groupNorm(normal([2, 4]), { groups: 0 }),
      () => layerNorm(normal([2, 4]), { gamma: normal([3]) }),
      () => layerNorm(normal([2, 4]), { axis: 0 }),
    ]
    for (const call of wrong) expect(errorOf(call)).toBeInstanceOf(ShapeError)
  })

  it('refuses options out of range', () => {
    const wrong = [
      () => layerNormalization({ epsilon: -1 }),
      () => batchNormalization({ momentum: 2 }),
      () => batchNormalization({ axis: 0 }),
      () => groupNormalization({ groups: 0 }),
      () => rmsNormalization({ centre: true } as never),
    ]
    for (const call of wrong) expect(errorOf(call)).toBeInstanceOf(ValueError)
  })
})
