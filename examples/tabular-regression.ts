// A table of numbers: how far a car of the seventies goes on a gallon, against a straight line through the same data.
import { readFileSync } from 'node:fs'
import { adamw, dense, Generator, manualSeed, type Sequential, sequential } from '../src/index.ts'

const COLUMNS = ['Cylinders', 'Displacement', 'Horsepower', 'Weight_in_lbs', 'Acceleration', 'Year'] as const
const TARGET = 'Miles_per_Gallon'
type Car = Readonly<Record<(typeof COLUMNS)[number] | typeof TARGET, number | string | null>>

const file = new URL('../data/cars.json', import.meta.resolve('vega-datasets'))
const all: readonly Car[] = JSON.parse(readFileSync(file, 'utf8'))
const known = all.filter(car => [...COLUMNS, TARGET].every(name => car[name as keyof Car] !== null))
const cars = Array.from(new Generator(1).permutation(known.length), i => known[i])
const split = Math.floor(cars.length * 0.8)

const numberOf = (car: Car, name: keyof Car): number =>
  name === 'Year' ? Number(String(car.Year).slice(0, 4)) : Number(car[name])

/** Mean 0 and deviation 1 on the training cars. */
function standardiser(name: keyof Car) {
  const seen = cars.slice(0, split).map(car => numberOf(car, name))
  const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length
  const deviation = Math.sqrt(seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seen.length)
  return {
    scale: (car: Car): number => (numberOf(car, name) - mean) / deviation,
    restore: (value: number): number => value * deviation + mean,
  }
}
const inputs = COLUMNS.map(standardiser)
const target = standardiser(TARGET)
const x = cars.map(car => inputs.map(({ scale }) => scale(car)))
const y = cars.map(car => [target.scale(car)])

/** Trains a model and says how far off it is on the held-out cars, in miles per gallon. */
async function meanError(model: Sequential, epochs: number): Promise<number> {
  model.compile({ optimizer: adamw({ learningRate: 0.01, weightDecay: 0.01 }), loss: 'huber' })
  await model.fit(x.slice(0, split), y.slice(0, split), { epochs, batchSize: 32, verbose: false })
  const guesses = model.predict(x.slice(split)).data()
  const errors = Array.from(guesses, (guess, i) =>
    Math.abs(target.restore(guess) - numberOf(cars[split + i], TARGET)),
  )
  return errors.reduce((sum, error) => sum + error, 0) / errors.length
}

manualSeed(1)
const line = await meanError(sequential(dense({ units: 1 })), 60)
const network = await meanError(
  sequential(
    dense({ units: 32, activation: 'relu' }),
    dense({ units: 32, activation: 'relu' }),
    dense({ units: 1 }),
  ),
  60,
)
console.log(`${cars.length - split} held-out cars`)
console.log(`a straight line is off by ${line.toFixed(2)} miles per gallon on average`)
console.log(`two hidden layers are off by ${network.toFixed(2)}`)
if (!(network < line)) throw new Error(`Not learnt: off by ${network}, a straight line by ${line}.`)
