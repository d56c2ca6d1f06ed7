import { TensorloomError, useThreads } from '../../src/index.ts'
import { loadClassifier, saveClassifier, tryFolder } from './archive.ts'
import { bagOfWordsAccuracy } from './bag-of-words.ts'
import { type Classifier, classify } from './classifier.ts'
import { type Dataset, embeddedData, fileData } from './data.ts'
import { InputError } from './input-error.ts'
import { guessLevel } from './level.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import { bar, curves, percent, table, verdicts } from './report.ts'
import { prepare, train } from './train.ts'

/** How much is done: the checks of this repository ask for a small run that shows that everything works. */
const sizes =
  process.env.TENSORLOOM_EXAMPLE_QUICK === '1'
    ? { corpus: 600, epochs: 2, baselineEpochs: 3 }
    : { corpus: 5000, epochs: Number.POSITIVE_INFINITY, baselineEpochs: 10 }

const say = (text = ''): void => console.log(text)

/** Sentences in the manner of the embedded corpus, twins among them: the same words, the opposite meaning. */
const SENTENCES = [
  'The play began badly but ended superbly.',
  'The play began superbly but ended badly.',
  'The cast acts clumsily, never gracefully.',
  'It was not at all clever; it was simply tedious.',
  'My friends called it a masterpiece, but I call it a bore.',
  'My friends called it a bore, but I call it a masterpiece.',
]

async function run(options: Options): Promise<void> {
  const started = performance.now()
  const columns = Math.max(40, process.stdout.columns ?? 80)
  const data = read(options)
  tryFolder(options.save)
  const { threads } = await useThreads()
  const level = options.level === 'auto' ? guessLevel(data.train.map(({ text }) => text)) : options.level
  const classifier = prepare(data, level, options)
  say(`Data: ${data.name}`)
  say(`  ${data.train.length} texts to learn from, ${data.valid.length} held out`)
  say(`  classes: ${data.labels.length > 6 ? data.labels.length : data.labels.join(', ')}`)
  say(
    `  read as sequences of ${classifier.maxLength} ${level}, on ${threads} ${threads === 1 ? 'thread' : 'threads'}\n`,
  )

  const { history, best, scores } = await train(classifier, data, {
    ...options,
    epochs: Math.min(sizes.epochs, options.epochs),
  })
  say(`\n${curves(history, columns)}\n`)
  say(classifier.model.summary())

  say(
    `\nHeld-out accuracy (the LSTM with the weights of epoch ${best.epoch + 1}, loss ${scores.loss.toFixed(4)})`,
  )
  const { validAccuracy } = bagOfWordsAccuracy(data.train, data.valid, {
    epochs: sizes.baselineEpochs,
    // Characters are few and frequent: large steps would never settle.
    ...(level === 'characters' ? { wordsOf: Array.from, learningRate: 0.03 } : {}),
  })
  say(
    `  bag of words  ${bar(validAccuracy, 24)} ${percent(validAccuracy)}   knows which ${level}, not their order`,
  )
  say(`  LSTM          ${bar(scores.accuracy, 24)} ${percent(scores.accuracy)}`)

  await saveAndReload(classifier, data, options, columns)
  say(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}

const read = ({ data, valid, seed }: Options): Dataset =>
  data === undefined ? embeddedData(sizes.corpus) : fileData(data, valid, seed)

/** Saves, reloads, and lets the reloaded model speak. */
async function saveAndReload(
  classifier: Classifier,
  data: Dataset,
  { save, data: file }: Options,
  columns: number,
): Promise<void> {
  await saveClassifier(classifier, save)
  const reloaded = await loadClassifier(save)
  const texts = data.valid.map(({ text }) => text)
  const [before, after] = [classify(classifier, texts), classify(reloaded, texts)]
  const isSame = before.every((row, i) => row.every((probability, j) => Object.is(probability, after[i][j])))
  if (!isSame) throw new Error(`the model reloaded from ${save} gives other probabilities than the saved one`)
  say(`\nSaved to ${save}, and reloaded: all ${texts.length} probabilities are the same, bit for bit.\n`)

  const samples =
    file === undefined
      ? SENTENCES.map(text => ({ text }))
      : data.valid.slice(0, 6).map(({ text, label }) => ({ text, truth: data.labels[label] }))
  const probabilities = classify(
    reloaded,
    samples.map(({ text }) => text),
  )
  say(table(verdicts(samples, probabilities, reloaded.labels), columns))
}

/**
 * What `npm start` does.
 * @returns the exit code: 1 for data that cannot be used, 2 for a wrong command line
 */
export async function command(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options.help) say(USAGE)
    else await run(options)
    return 0
  } catch (error) {
    // Mistakes in the input are told in a line; anything else is a bug, and keeps its stack.
    if (!(error instanceof InputError || error instanceof TensorloomError)) throw error
    console.error(`Error: ${error.message}`)
    return error instanceof InputError ? error.exitCode : 1
  }
}
