import {
  adam,
  dense,
  embedding,
  getDevice,
  lstm,
  manualSeed,
  padSequences,
  sequential,
  threadInfo,
  Tokenizer,
  useDeterministic,
} from '../../../src/index.ts'

const texts = ['good', 'very good', 'so good', 'bad', 'very bad', 'so bad']
const labels = Int32Array.of(1, 1, 1, 0, 0, 0)

/** Trains a small classifier of texts; the same program in a page and in Node. */
export async function run() {
  useDeterministic()
  manualSeed(7)
  const tokenizer = new Tokenizer({ oovToken: '<unknown>' })
  tokenizer.fitOnTexts(texts)
  const x = padSequences(tokenizer.textsToSequences(texts), { maxLength: 3 })
  const model = sequential(
    embedding({ inputDim: tokenizer.vocabularySize, outputDim: 8 }),
    lstm({ units: 8 }),
    dense({ units: 1, activation: 'sigmoid' }),
  )
  model.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: 'binaryCrossentropy',
    metrics: ['accuracy'],
  })
  await model.fit(x, labels, { epochs: 30, batchSize: 2, verbose: false })
  const { accuracy } = await model.evaluate(x, labels)
  return {
    accuracy,
    device: getDevice(),
    probabilities: [...model.predict(x).data()],
    reason: threadInfo().reason,
  }
}
