import type { Command } from 'commander'
import { fromTsv } from '../data-files/csv.ts'
import { splitExamples } from '../data/split.ts'
import { LabelEncoder } from '../data/preprocess/label-encoder.ts'
import { FormatError } from '../errors.ts'
import { dense } from '../nn/dense.ts'
import { dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { lstm } from '../nn/lstm.ts'
import { adam } from '../optim/resolve.ts'
import { useThreads } from '../engine/threads/use-threads.ts'
import { manualSeed } from '../tensor/random.ts'
import { padSequences } from '../text/pad-sequences.ts'
import { Tokenizer } from '../text/tokenizer.ts'
import { earlyStopping } from '../train/callbacks/early-stopping.ts'
import { progress } from '../train/progress.ts'
import { Sequential } from '../train/sequential.ts'
import type { Environment } from './environment.ts'
import { part, positive, whole } from './options.ts'

interface TrainFlags {
  readonly data: string
  readonly valid?: string
  readonly save: string
  readonly words: number
  readonly characters: boolean
  readonly maxLength?: number
  readonly embedding: number
  readonly units: number
  readonly dropout: number
  readonly epochs: number
  readonly patience: number
  readonly batch: number
  readonly learningRate: number
  readonly seed: number
}

interface Texts {
  readonly labels: readonly string[]
  readonly texts: readonly string[]
}

const HELP = `
The file has lines of label<TAB>text. Without --valid a tenth of them is held out.

Example:
  tensorloom train --data reviews.tsv --save models/reviews
  echo 'What a film!' | tensorloom predict models/reviews`

/** `tensorloom train` */
export function trainCommand(program: Command, environment: Environment): void {
  program
    .command('train')
    .description('Trains an LSTM that tells classes of texts apart.')
    .requiredOption('--data <file>', 'lines of label<TAB>text')
    .option('--valid <file>', 'the same, for validation')
    .requiredOption('--save <folder>', 'where the model goes')
    .option('--words <n>', 'size of the vocabulary', whole(3), 10_000)
    .option('--characters', 'read characters instead of words, as Chinese needs', false)
    .option(
      '--max-length <n>',
      'longest sequence; by default what 95 % of the texts fit in, at most 100',
      whole(1),
    )
    .option('--embedding <n>', "size of a word's vector", whole(1), 64)
    .option('--units <n>', "size of the LSTM's state", whole(1), 64)
    .option('--dropout <part>', 'part of that state that is left out in training', part, 0.5)
    .option('--epochs <n>', 'most passes over the data', whole(1), 20)
    .option('--patience <n>', 'epochs to wait for a better one', whole(1), 3)
    .option('--batch <n>', 'texts per step', whole(1), 32)
    .option('--learning-rate <rate>', 'of Adam', positive, 0.002)
    .option('--seed <n>', 'of weights, order and split', whole(0), 1)
    .addHelpText('after', HELP)
    .action((flags: TrainFlags) => train(flags, environment))
}

async function train(flags: TrainFlags, environment: Environment): Promise<void> {
  manualSeed(flags.seed)
  await useThreads()
  const all = await readTexts(flags.data)
  const classes = new LabelEncoder().fit(all.labels)
  if (classes.classes.length < 2) {
    throw new FormatError({ operation: flags.data, problem: 'needs two classes or more.' })
  }
  const { training, validation } = await split(all, flags, classes)
  const tokenizer = new Tokenizer({
    numWords: flags.words,
    charLevel: flags.characters,
    oovToken: '<unknown>',
  })
  tokenizer.fitOnTexts(training.texts)
  const maxLength = flags.maxLength ?? usualLength(tokenizer.textsToSequences(training.texts))
  const encode = ({ texts }: Texts) => padSequences(tokenizer.textsToSequences(texts), { maxLength })
  const isBinary = classes.classes.length === 2
  const model = new Sequential([
    embedding({ inputDim: tokenizer.vocabularySize, outputDim: flags.embedding }),
    lstm({ units: flags.units }),
    dropout({ rate: flags.dropout }),
    isBinary
      ? dense({ units: 1, activation: 'sigmoid' })
      : dense({ units: classes.classes.length, activation: 'softmax' }),
  ])
  model.compile({
    optimizer: adam({ learningRate: flags.learningRate }),
    loss: isBinary ? 'binaryCrossentropy' : 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  environment.report(
    `${training.texts.length} texts to learn from, ${validation.texts.length} held out, ${classes.classes.length} classes\n`,
  )
  const held = [encode(validation), Float32Array.from(classes.transform(validation.labels))] as const
  await model.fit(encode(training), Float32Array.from(classes.transform(training.labels)), {
    epochs: flags.epochs,
    batchSize: flags.batch,
    validationData: held,
    verbose: false,
    callbacks: [
      progress(environment.progress),
      earlyStopping({ monitor: 'valAccuracy', patience: flags.patience, restoreBestWeights: true }),
    ],
  })
  const { accuracy } = await model.evaluate(...held)
  const metadata = { maxLength: String(maxLength), labels: JSON.stringify(classes.classes.map(String)) }
  await model.save(flags.save, { tokenizer, metadata })
  environment.write(`${JSON.stringify({ model: flags.save, accuracy })}\n`)
}

async function readTexts(path: string): Promise<Texts> {
  const rows = await fromTsv(path, {
    header: ['label', 'text'],
    types: { label: 'text', text: 'text' },
    missing: [],
  }).toArray()
  if (rows.length === 0) throw new FormatError({ operation: path, problem: 'has no lines.' })
  return { labels: rows.map(({ label }) => String(label)), texts: rows.map(({ text }) => String(text)) }
}

async function split(
  all: Texts,
  { valid, seed }: TrainFlags,
  classes: LabelEncoder,
): Promise<{ training: Texts; validation: Texts }> {
  if (valid !== undefined) {
    const validation = await readTexts(valid)
    classes.transform(validation.labels)
    return { training: all, validation }
  }
  const places = Int32Array.from({ length: all.texts.length }, (_, i) => i)
  const { train, test } = splitExamples({ places }, { test: 0.1, stratifyBy: all.labels, seed })
  const pick = ({ places: chosen }: typeof train): Texts => ({
    labels: Array.from(chosen.data, i => all.labels[i]),
    texts: Array.from(chosen.data, i => all.texts[i]),
  })
  if (test.places.data.length === 0) {
    throw new FormatError({
      operation: 'train',
      problem: 'has too few texts to hold some out.',
      hint: 'give --valid, or more texts.',
    })
  }
  return { training: pick(train), validation: pick(test) }
}

/** What 95 % of the sequences fit in, and at most 100. */
function usualLength(sequences: readonly (readonly number[])[]): number {
  const lengths = sequences.map(({ length }) => length).sort((a, b) => a - b)
  return Math.max(1, Math.min(100, lengths[Math.floor(0.95 * (lengths.length - 1))]))
}
