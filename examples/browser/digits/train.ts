// Trains the network of the digit pad and writes it beside the page: npx tsx examples/browser/digits/train.ts [file]
import { adam, cosineSchedule, Generator, manualSeed, useThreads } from '../../../src/index.ts'
import { packagedDigits, readDigits } from '../../digits/data.ts'
import { smallCnn } from '../../digits/models.ts'
import { distort } from './distort.ts'

const [file = new URL('./digits.safetensors', import.meta.url)] = process.argv.slice(2)
const SIZE = 28
const BATCH = 64
const EPOCHS = 8
const train = readDigits(packagedDigits(), 'train', 60_000)
const test = readDigits(packagedDigits(), 'test', 10_000)
const count = train.labels.length

manualSeed(1)
await useThreads()
const generator = new Generator(2)

/** All digits once, in a new order, each distorted in a new way. */
function* distorted() {
  const order = generator.permutation(count)
  for (let start = 0; start + BATCH <= count; start += BATCH) {
    const rows = order.subarray(start, start + BATCH)
    const pixels = SIZE * SIZE
    const data = new Float32Array(BATCH * pixels)
    for (const [place, row] of rows.entries()) {
      const picture = train.images.data.subarray(row * pixels, (row + 1) * pixels)
      const out = data.subarray(place * pixels, (place + 1) * pixels)
      distort(picture, out, { size: SIZE, generator })
    }
    yield { x: { data, shape: [BATCH, SIZE, SIZE, 1] }, y: Int32Array.from(rows, row => train.labels[row]) }
  }
}

const model = smallCnn()
const steps = EPOCHS * Math.floor(count / BATCH)
model.compile({
  optimizer: adam({ learningRate: cosineSchedule({ learningRate: 0.003, steps }) }),
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
})
await model.fit(() => distorted(), { epochs: EPOCHS, validationData: [test.images, test.labels] })
const { accuracy } = await model.evaluate(test.images, test.labels, { batchSize: 256 })
console.log(`${test.labels.length} held-out digits: ${(100 * accuracy).toFixed(2)} % right`)
await model.save(file, {
  metadata: {
    epochs: String(EPOCHS),
    trainingDigits: String(count),
    heldOutDigits: String(test.labels.length),
    heldOutAccuracy: String(accuracy),
  },
})
