// Why a text is praise or blame: the words of some sentences, coloured by what they did for the answer.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { earlyStopping, explain, manualSeed, textToWordSequence, useThreads } from '../src/index.ts'
import { encode, makeClassifier } from './text-classifier/classifier.ts'
import { embeddedData } from './text-classifier/data.ts'

const isQuick = process.env.TENSORLOOM_EXAMPLE_QUICK === '1'
const { values } = parseArgs({ options: { svg: { type: 'string' } } })

const SENTENCES = [
  'The play began badly but ended superbly.',
  'The play began superbly but ended badly.',
  'It was not at all clever; it was simply tedious.',
]

manualSeed(1)
await useThreads()
const { train, valid, labels } = embeddedData(isQuick ? 600 : 5000)
const texts = (examples: typeof train): string[] => examples.map(({ text }) => text)
const targets = (examples: typeof train): Float32Array => Float32Array.from(examples, ({ label }) => label)
const classifier = makeClassifier(texts(train), labels, {
  level: 'words',
  words: 10_000,
  embedding: 32,
  units: 32,
  dropout: 0.3,
})
const { model } = classifier
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] })
await model.fit(encode(classifier, texts(train)), targets(train), {
  epochs: isQuick ? 1 : 12,
  validationData: [encode(classifier, texts(valid)), targets(valid)],
  callbacks: [earlyStopping({ monitor: 'valAccuracy', patience: 3, restoreBestWeights: true })],
  verbose: !isQuick,
})

const pictures: string[] = []
for (const sentence of SENTENCES) {
  const words = textToWordSequence(sentence)
  const { values: influence, outputs } = explain.integratedGradients(model, encode(classifier, [sentence]))
  // Padding stands in front: the words are the last ones.
  const ofWords = influence.subarray(influence.length - words.length)
  console.log(`${labels[outputs[0] > 0.5 ? 1 : 0].padEnd(8)} ${explain.wordColours(words, ofWords)}`)
  pictures.push(explain.wordColours(words, ofWords, { format: 'svg' }))
}
console.log('\nblue: for praise   orange: for blame')

if (values.svg !== undefined) {
  const line = 34
  const stacked = pictures.map((picture, i) => picture.replace('<svg ', `<svg y="${i * line}" `))
  writeFileSync(
    values.svg,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${line * pictures.length}" role="img"><title>Words in colours</title>${stacked.join('')}</svg>\n`,
  )
}
