// A table of measurements: which of three species a penguin is. Numbers are standardised, words become one-hot.
import { readFileSync } from 'node:fs'
import { adam, dense, Generator, manualSeed, sequential } from '../src/index.ts'

interface Penguin {
  readonly Species: string
  readonly Island: string
  readonly Sex: string | null
  readonly 'Beak Length (mm)': number | null
  readonly 'Beak Depth (mm)': number | null
  readonly 'Flipper Length (mm)': number | null
  readonly 'Body Mass (g)': number | null
}

const NUMBERS = ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'] as const
const WORDS = ['Island', 'Sex'] as const

const file = new URL('../data/penguins.json', import.meta.resolve('vega-datasets'))
const all: readonly Penguin[] = JSON.parse(readFileSync(file, 'utf8'))
const known = all.filter(penguin => [...NUMBERS, ...WORDS].every(name => penguin[name] !== null))

manualSeed(1)
const order = new Generator(1).permutation(known.length)
const penguins = Array.from(order, i => known[i])
const split = Math.floor(penguins.length * 0.8)

/** What the training half says about a column; the held-out penguins must not be asked. */
const scales = NUMBERS.map(name => {
  const seen = penguins.slice(0, split).map(penguin => Number(penguin[name]))
  const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length
  return { name, mean, deviation: Math.sqrt(seen.reduce((sum, v) => sum + (v - mean) ** 2, 0) / seen.length) }
})
const categories = WORDS.map(name => ({
  name,
  values: [...new Set(known.map(penguin => penguin[name]))].sort(),
}))
const species = [...new Set(known.map(({ Species }) => Species))].sort()

const features = (penguin: Penguin): number[] => [
  ...scales.map(({ name, mean, deviation }) => (Number(penguin[name]) - mean) / deviation),
  ...categories.flatMap(({ name, values }) => values.map(value => (value === penguin[name] ? 1 : 0))),
]
const labelOf = ({ Species }: Penguin): number => species.indexOf(Species)

const x = penguins.map(features)
const y = Int32Array.from(penguins, labelOf)
const model = sequential(
  dense({ units: 16, activation: 'relu' }),
  dense({ units: species.length, activation: 'softmax' }),
)
model.compile({
  optimizer: adam({ learningRate: 0.01 }),
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
})
await model.fit(x.slice(0, split), y.subarray(0, split), { epochs: 30, batchSize: 16, verbose: false })

const { accuracy } = await model.evaluate(x.slice(split), y.subarray(split))
console.log(`${x.length - split} held-out penguins: ${(100 * accuracy).toFixed(1)} % right\n`)

const guesses = model.predict(x.slice(split)).argmax({ axis: 1 }).ints()
console.log(`${'is \\ taken for'.padEnd(16)}${species.map(name => name.padStart(12)).join('')}`)
for (const [row, name] of species.entries()) {
  const counts = species.map(
    (_, column) => [...guesses].filter((guess, i) => guess === column && y[split + i] === row).length,
  )
  console.log(`${name.padEnd(16)}${counts.map(count => String(count).padStart(12)).join('')}`)
}
if (accuracy < 0.95) throw new Error(`The species were not learnt: accuracy ${accuracy}.`)
