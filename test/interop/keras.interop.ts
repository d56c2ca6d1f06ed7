import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadKerasWeights, saveKeras } from '../../src/formats/keras/index.ts'
import { dense, embedding, lstm, manualSeed, Sequential, sequential, tensor } from '../../src/index.ts'
import { distance, matrix } from './matrix.ts'
import { pythonWith, runScript, temporaryFolder } from './python.ts'

interface Written {
  readonly ways: readonly string[]
  readonly kernel: readonly number[]
  readonly bias: readonly number[]
}

const python = pythonWith('h5py')
const folder = temporaryFolder()

function classifier(): Sequential {
  manualSeed(2)
  return new Sequential(
    [
      embedding({ inputDim: 7, outputDim: 3 }),
      lstm({ units: 2 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
    { inputShape: [4] },
  )
}

describe.skipIf(python.missing !== '')(`h5py${python.missing}`, () => {
  const record = matrix('Keras, by h5py')
  const written = python.missing === '' ? runScript<Written>(python, 'h5_files.py', 'write', folder) : null

  it.each(written?.ways ?? [])('weights stored there as %s are read here', async way => {
    const { kernel = [], bias = [] } = written ?? {}
    const model = sequential(dense({ units: 4, inputSize: 3 }))
    await loadKerasWeights(model, join(folder, `${way}.weights.h5`))
    const [ours, ourBias] = model.parameters()
    expect(record(`kernel, ${way}`, 'theirs → ours', distance(ours.data(), kernel))).toBe(0)
    expect(distance(ourBias.data(), bias)).toBe(0)
    expect(model.predict(tensor([[1, 2, 3]])).shape).toEqual([1, 4])
  })

  it.each(['.weights.h5', '.keras'])('opens our %s and finds every number', async ending => {
    const model = classifier()
    const file = join(folder, `ours${ending}`)
    await saveKeras(model, file)
    const found = runScript<Record<string, number[]>>(python, 'h5_files.py', 'read', file)
    const wanted = [...model.stateDict().values()].map(value => value.data())
    const order = [
      'embedding/vars/0',
      'lstm/cell/vars/0',
      'lstm/cell/vars/1',
      'lstm/cell/vars/2',
      'dense/vars/0',
      'dense/vars/1',
    ]
    expect(Object.keys(found).sort()).toEqual(order.map(path => `layers/${path}`).sort())
    const worst = order.map((path, i) => distance(found[`layers/${path}`], wanted[i]))
    expect(record(`text classifier, ${ending}`, 'ours → theirs', Math.max(...worst))).toBe(0)
  })

  it('opens our .h5, as Keras 2 has it, and finds every number', async () => {
    const model = classifier()
    const file = join(folder, 'ours.h5')
    await saveKeras(model, file)
    const found = runScript<Record<string, number[]>>(python, 'h5_files.py', 'read', file)
    const worst = [...model.stateDict()].map(([name, value]) => {
      const [layer] = name.split('.')
      return distance(found[`model_weights/${layer}/${name.replaceAll('.', '/')}:0`] ?? [], value.data())
    })
    expect(Object.keys(found)).toHaveLength(worst.length)
    expect(record('text classifier, .h5', 'ours → theirs', Math.max(...worst))).toBe(0)
  })

  it('refuses a file that was cut off there', async () => {
    const file = join(folder, 'empty.weights.h5')
    writeFileSync(file, Uint8Array.of(0x89, 0x48, 0x44, 0x46))
    const model = sequential(dense({ units: 4, inputSize: 3 }))
    await expect(loadKerasWeights(model, file)).rejects.toThrow(/cannot be read/)
  })
})
