// Fits y = 3a − 2b + 1 to noisy points, and finds the three numbers again.
import { dense, Generator, manualSeed, sequential, sgd, tensor } from '../src/index.ts'

manualSeed(1)

const count = 200
const generator = new Generator(7)
const points = generator.uniform(2 * count, -1, 1)
const noise = generator.normal(count, 0, 0.1)
const targets = Float32Array.from(noise, (error, i) => 3 * points[2 * i] - 2 * points[2 * i + 1] + 1 + error)

const x = tensor(points, { shape: [count, 2] })
const y = tensor(targets, { shape: [count, 1] })

const layer = dense({ units: 1, inputSize: 2 })
const model = sequential(layer)
model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })

const { history } = await model.fit(x, y, { epochs: 30, batchSize: 20, verbose: false })
for (const epoch of [1, 5, 30]) console.log(`epoch ${epoch}: loss ${history.loss[epoch - 1].toFixed(4)}`)

const [slopeA, slopeB] = layer.kernel.data()
const intercept = layer.bias?.item() ?? 0
console.log(`\nfound  y = ${slopeA.toFixed(2)}·a + ${slopeB.toFixed(2)}·b + ${intercept.toFixed(2)}`)
console.log('wanted y = 3.00·a + -2.00·b + 1.00')

const worst = Math.max(Math.abs(slopeA - 3), Math.abs(slopeB + 2), Math.abs(intercept - 1))
if (!(worst < 0.05)) throw new Error(`the line was not found: off by ${worst}`)
