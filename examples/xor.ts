// XOR: the smallest problem that a single layer cannot learn, and two can.
import { adam, dense, manualSeed, sequential, tensor } from '../src/index.ts'

manualSeed(1)

const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])
const y = tensor([[0], [1], [1], [0]])

const model = sequential(dense({ units: 8, activation: 'tanh' }), dense({ units: 1, activation: 'sigmoid' }))
model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: 'binaryCrossentropy', metrics: ['accuracy'] })

await model.fit(x, y, { epochs: 300, batchSize: 4, verbose: false })

const { loss, accuracy } = await model.evaluate(x, y)
console.log(model.summary())
console.log(`\nloss ${loss.toFixed(4)}, accuracy ${accuracy}`)

const probabilities = model.predict(x).data()
for (const [row, [a, b]] of [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
].entries()) {
  console.log(`${a} xor ${b} = ${probabilities[row].toFixed(3)}`)
}

if (accuracy !== 1 || loss > 0.1) throw new Error(`XOR was not learnt: loss ${loss}, accuracy ${accuracy}`)
