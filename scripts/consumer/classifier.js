// The text classifier that check-size.mjs bundles as a user's page, and runs.
import {
  adam,
  binaryAccuracy,
  binaryCrossentropy,
  Dense,
  Embedding,
  LSTM,
  manualSeed,
  padSequences,
  Sequential,
  Tokenizer,
} from 'tensorloom'

async function classify() {
  manualSeed(1)
  const texts = ['good', 'very good', 'so good', 'bad', 'very bad', 'so bad']
  const tokenizer = new Tokenizer({ oovToken: '<unknown>' })
  tokenizer.fitOnTexts(texts)
  const read = text => padSequences(tokenizer.textsToSequences(text), { maxLength: 3 })
  const model = new Sequential([
    new Embedding({ inputDim: tokenizer.vocabularySize, outputDim: 8 }),
    new LSTM({ units: 8 }),
    new Dense({ units: 1, activation: 'sigmoid' }),
  ])
  model.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: binaryCrossentropy,
    metrics: [binaryAccuracy()],
  })
  await model.fit(read(texts), Int32Array.of(1, 1, 1, 0, 0, 0), { epochs: 40, verbose: false })
  return [...model.predict(read(['very very good', 'bad'])).data()]
}

globalThis.classified = classify()
