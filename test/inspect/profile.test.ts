import { describe, expect, it } from 'vitest'
import { BuildError } from '../../src/errors.ts'
import {
  batchNormalization,
  dense,
  embedding,
  lstm,
  manualSeed,
  sequential,
  tensor,
} from '../../src/index.ts'
import { profile } from '../../src/inspect/profile.ts'

const ids = tensor(
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  { dtype: 'int32' },
)

const textModel = () => {
  manualSeed(1)
  const model = sequential(
    embedding({ inputDim: 10, outputDim: 4 }),
    lstm({ units: 8 }),
    batchNormalization(),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
  return model
}

describe('profile', () => {
  it('tells what each layer and the loss cost', () => {
    const { rows } = profile(textModel(), { x: ids, y: [1, 0] }, { rounds: 3 })
    expect(rows.map(({ path }) => path).filter(path => path !== '(loss)')).toEqual([
      'Embedding "embedding"',
      'LSTM "lstm"',
      'BatchNormalization "batch_normalization"',
      'Dense "dense"',
    ])
    for (const { forward, backward, bytes } of rows) {
      expect(forward).toBeGreaterThanOrEqual(0)
      expect(backward).toBeGreaterThanOrEqual(0)
      expect(bytes).toBeGreaterThanOrEqual(0)
    }
    // [2, 3, 4] vectors, 4 bytes each.
    expect(rows.find(({ path }) => path.startsWith('Embedding'))?.bytes).toBeGreaterThanOrEqual(96)
    expect(rows.reduce((sum, { backward }) => sum + backward, 0)).toBeGreaterThan(0)
    expect(String(profile(textModel(), { x: ids, y: [1, 0] }))).toMatch(/LSTM "lstm" .* %/)
  })

  it('says that it needs targets', () => {
    const batch = { x: ids } as Parameters<typeof profile>[1]
    expect(() => profile(textModel(), batch)).toThrow(/needs a batch of examples and their targets/)
  })

  it('counts a layer within a layer as its own', () => {
    const model = sequential(sequential(dense({ units: 3, name: 'inner' })), dense({ units: 1 }))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const { rows } = profile(model, { x: [[1, 2]], y: [[1]] }, { rounds: 1 })
    expect(rows.map(({ path }) => path)).toEqual(expect.arrayContaining(['Dense "inner"', 'Dense "dense"']))
  })

  it('leaves the model as it was', () => {
    const model = textModel()
    model.predict(ids)
    model.eval()
    const before = model.stateDict()
    profile(model, { x: ids, y: [1, 0] })
    for (const [name, value] of model.stateDict()) {
      expect([name, value.data()]).toEqual([name, before.get(name)?.data()])
    }
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true)
    expect(model.training).toBe(false)
  })

  it('needs a compiled model', () => {
    expect(() => profile(sequential(dense({ units: 1 })), { x: [[1]], y: [[1]] })).toThrow(BuildError)
  })
})
