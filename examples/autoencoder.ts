// An autoencoder: digits squeezed through 16 numbers and drawn again, and noise taken away from them.
import { dense, flatten, Generator, manualSeed, sequential, useThreads } from '../src/index.ts'
import { packagedDigits, readDigits } from './digits/data.ts'
import { picture } from './digits/picture.ts'

const isQuick = process.env.TENSORLOOM_EXAMPLE_QUICK === '1'
const SIDE = 28
const PIXELS = SIDE * SIDE

manualSeed(1)
await useThreads()
const train = readDigits(packagedDigits(), 'train', isQuick ? 1000 : 8000).images
const test = readDigits(packagedDigits(), 'test', 500).images

/** The same images in rows, with a part of the pixels replaced by noise. */
function damaged(values: Float32Array, part: number, seed: number): Float32Array {
  const generator = new Generator(seed)
  return values.map(value => (generator.next() < part ? generator.next() : value))
}
const rows = (data: Float32Array) => ({ data, shape: [data.length / PIXELS, PIXELS] })

const encoder = sequential(flatten(), dense({ units: 128, activation: 'relu' }), dense({ units: 16 }))
const decoder = sequential(
  dense({ units: 128, activation: 'relu' }),
  dense({ units: PIXELS, activation: 'sigmoid' }),
)
const model = sequential(encoder, decoder)
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['meanSquaredError'] })

const noisy = damaged(test.data, 0.2, 2)
await model.fit(rows(damaged(train.data, 0.2, 1)), rows(train.data), {
  epochs: isQuick ? 6 : 15,
  batchSize: 64,
  validationData: [rows(noisy), rows(test.data)],
})

const code = encoder.predict(rows(noisy.subarray(0, PIXELS))).data()
const restored = decoder.predict({ data: code, shape: [1, code.length] }).data()
console.log(`\nwith noise:\n${picture(noisy.subarray(0, PIXELS), SIDE)}`)
console.log(`\nits code: ${Array.from(code, value => value.toFixed(1)).join(' ')}`)
console.log(`\ndrawn from the code:\n${picture(restored, SIDE)}`)

const { meanSquaredError } = await model.evaluate(rows(noisy), rows(test.data))
const before = noisy.reduce((sum, value, i) => sum + (value - test.data[i]) ** 2, 0) / noisy.length
console.log(`\nmean squared error: ${before.toFixed(4)} with noise, ${meanSquaredError.toFixed(4)} restored`)
const wanted = isQuick ? 1.2 * before : before / 2
if (!(meanSquaredError < wanted)) throw new Error(`Not learnt: ${meanSquaredError}, ${before} with noise.`)
