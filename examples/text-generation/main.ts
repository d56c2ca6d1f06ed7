// Learns to write a text character by character: an LSTM, or a small causal Transformer.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { adamw, cosineSchedule, defaultGenerator, manualSeed, useThreads } from '../../src/index.ts'
import { allWindows, Characters, randomWindows } from './characters.ts'
import { generate } from './generate.ts'
import { languageModels } from './models.ts'
import { VERSES } from './text.ts'

const USAGE = `Learns to write like a text, character by character.

  npx tsx examples/text-generation/main.ts [options]

  --data FILE          any text file; its last tenth is held out    verses written for this example
  --model M            lstm or transformer                          lstm
  --units N            size of the state                            128
  --layers N                                                        1
  --length N           characters per window                        64
  --batch N            windows per step                             32
  --steps N            optimizer steps                              600
  --learning-rate R    of AdamW, falling to a tenth                 0.003
  --dropout P                                                       0
  --seed N                                                          1
  --prompt TEXT        what the sample begins with                  the text's first line
  --temperature R      of the sample                                0.7`

const isQuick = process.env.TENSORLOOM_EXAMPLE_QUICK === '1'
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'lstm' },
    units: { type: 'string', default: isQuick ? '64' : '128' },
    layers: { type: 'string', default: '1' },
    length: { type: 'string', default: '64' },
    batch: { type: 'string', default: '32' },
    steps: { type: 'string', default: isQuick ? '120' : '600' },
    'learning-rate': { type: 'string', default: '0.003' },
    dropout: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    prompt: { type: 'string' },
    temperature: { type: 'string', default: '0.7' },
    help: { type: 'boolean', default: false },
  },
})

/** Steps between two looks at the held-out text. */
const ROUND = 100

if (values.help) console.log(USAGE)
else await run()

async function run(): Promise<void> {
  const text = values.data === undefined ? VERSES : readFileSync(values.data, 'utf8')
  const [units, layers, length, batch, steps] = (
    ['units', 'layers', 'length', 'batch', 'steps'] as const
  ).map(name => number(name, { whole: true }))
  const makeModel = languageModels[values.model]
  if (makeModel === undefined) throw new Error(`--model ${values.model}: is lstm or transformer.`)
  manualSeed(number('seed', { whole: true }))
  await useThreads()

  const characters = new Characters(text)
  const ids = characters.encode(text)
  const split = Math.floor(ids.length * 0.9)
  const held = allWindows(ids.subarray(split), length)
  console.log(`${text.length} characters, ${characters.all.length} different; the last tenth is held out`)

  const model = makeModel({
    characters: characters.all.length,
    units,
    layers,
    length,
    dropout: number('dropout', { from: 0 }),
  })
  const rate = number('learning-rate')
  model.compile({
    optimizer: adamw({
      learningRate: cosineSchedule({ learningRate: rate, steps, minimum: rate / 10 }),
      weightDecay: 0.01,
      globalClipNorm: 1,
    }),
    loss: 'sparseCategoricalCrossentropy',
  })

  const generator = defaultGenerator().split('windows')
  let nats = Number.POSITIVE_INFINITY
  for (let done = 0; done < steps; ) {
    const count = Math.min(ROUND, steps - done)
    const { x, y } = randomWindows(ids.subarray(0, split), count * batch, length, generator)
    const { history } = await model.fit(x, y, { batchSize: batch, shuffle: false, verbose: false })
    done += count
    nats = (await model.evaluate(held.x, held.y, { batchSize: batch })).loss
    console.log(
      `step ${String(done).padStart(5)}   training ${history.loss[0].toFixed(3)}   held out ${nats.toFixed(3)} nats per character`,
    )
  }

  const prompt = values.prompt ?? text.slice(0, text.indexOf('\n') + 1)
  const temperature = number('temperature')
  console.log(
    `\n${generate(model, characters, { prompt, count: isQuick ? 60 : 400, length, temperature, generator })}`,
  )
  // Without learning, every character costs the logarithm of their number.
  if (!(nats < Math.log(characters.all.length) - 0.5))
    throw new Error(`The text was not learnt: ${nats} nats.`)
}

type Wanted = { readonly from?: number; readonly whole?: boolean }

function number(name: Exclude<keyof typeof values, 'help'>, { from = Number.MIN_VALUE, whole }: Wanted = {}) {
  const value = Number(values[name])
  if (value >= from && value < Number.POSITIVE_INFINITY && (!whole || Number.isInteger(value))) return value
  const least = from === 0 ? 'from 0 on' : 'above 0'
  throw new Error(`--${name} ${values[name]}: needs a ${whole ? 'whole ' : ''}number ${least}.`)
}
