// Run by check-package.mjs as a user's program, against the packed library.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  adam,
  dense,
  deserializeModel,
  embedding,
  load,
  lstm,
  manualSeed,
  sequential,
  serializeModel,
  tensor,
} from 'tensorloom'

manualSeed(1)
assert.equal(tensor([1, 2, 3]).square().sum().item(), 14)

const x = tensor(
  [
    [1, 2, 3],
    [3, 2, 1],
    [1, 3, 2],
    [3, 1, 2],
  ],
  { dtype: 'int32' },
)
const y = tensor([1, 0, 1, 0])
const model = sequential(
  embedding({ inputDim: 4, outputDim: 8 }),
  lstm({ units: 8 }),
  dense({ units: 1, activation: 'sigmoid' }),
)
model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: 'binaryCrossentropy', metrics: ['accuracy'] })
await model.fit(x, y, { epochs: 40, verbose: false })
// The program of the worker is a file of the package.
await model.fit(x, y, { epochs: 1, verbose: false, worker: true })
const { loss, accuracy } = await model.evaluate(x, y)
assert.equal(accuracy, 1)

const directory = await mkdtemp(join(process.cwd(), 'model-'))
try {
  await model.save(directory)
  const expected = model.predict(x).data()
  assert.deepEqual((await load(directory)).model.predict(x).data(), expected)
  assert.deepEqual(deserializeModel(serializeModel(model)).model.predict(x).data(), expected)
} finally {
  await rm(directory, { recursive: true })
}
console.log(`trained to loss ${loss.toFixed(4)}, saved, loaded`)
