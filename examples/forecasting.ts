// Time series: a GRU reads four weeks of weather in Seattle and forecasts the next day's highest temperature.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dense, gru, manualSeed, sequential, type ShapedData, useThreads } from '../src/index.ts'

const isQuick = process.env.TENSORLOOM_EXAMPLE_QUICK === '1'
const { values } = parseArgs({
  options: {
    data: {
      type: 'string',
      default: fileURLToPath(new URL('../data/seattle-weather.csv', import.meta.resolve('vega-datasets'))),
    },
    epochs: { type: 'string', default: isQuick ? '4' : '15' },
  },
})

/** Days that the model sees. */
const WINDOW = 28
/** What it sees of each, in the file's order after the date; the second is what it forecasts. */
const FEATURES = ['precipitation', 'temp_max', 'temp_min', 'wind']
const TARGET = 1

const [header, ...lines] = readFileSync(values.data, 'utf8').trim().split(/\r?\n/)
const names = header.split(',')
const columns = FEATURES.map(name => names.indexOf(name))
if (columns.includes(-1)) throw new Error(`${values.data}: needs the columns ${FEATURES.join(', ')}.`)
const days = lines.map(line => line.split(',')).map(cells => columns.map(column => Number(cells[column])))

// The last fifth of the days is held out; mean and deviation come from the others alone.
const split = Math.floor(days.length * 0.8)
const scale = FEATURES.map((_, i) => {
  const seen = days.slice(0, split).map(day => day[i])
  const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length
  const variance = seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seen.length
  return { mean, deviation: Math.sqrt(variance) }
})
const scaled = days.map(day => day.map((value, i) => (value - scale[i].mean) / scale[i].deviation))

/** Four weeks before each of the days `from` … `to − 1`, and the temperature of that day. */
function examples(from: number, to: number): { x: ShapedData; y: ShapedData } {
  const count = to - from
  const x = Float32Array.from(scaled.slice(from - WINDOW, to).flat())
  const windows = new Float32Array(count * WINDOW * FEATURES.length)
  for (let i = 0; i < count; i++) {
    const start = i * FEATURES.length
    windows.set(x.subarray(start, start + WINDOW * FEATURES.length), i * WINDOW * FEATURES.length)
  }
  const y = Float32Array.from(scaled.slice(from, to), day => day[TARGET])
  return { x: { data: windows, shape: [count, WINDOW, FEATURES.length] }, y: { data: y, shape: [count, 1] } }
}

manualSeed(1)
await useThreads()
const train = examples(WINDOW, split)
const test = examples(split, days.length)

const model = sequential(gru({ units: 32, inputSize: FEATURES.length }), dense({ units: 1 }))
model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
await model.fit(train.x, train.y, {
  epochs: Number(values.epochs),
  batchSize: 32,
  validationData: [test.x, test.y],
})

const { mean, deviation } = scale[TARGET]
const forecasts = Array.from(model.predict(test.x).data(), value => value * deviation + mean)
const actual = days.slice(split).map(day => day[TARGET])
const meanError = (guess: (day: number) => number): number =>
  actual.reduce((sum, value, day) => sum + Math.abs(value - guess(day)), 0) / actual.length

const error = meanError(day => forecasts[day])
// The rule of thumb that a forecast has to beat: tomorrow will be like today.
const persistence = meanError(day => days[split + day - 1][TARGET])
console.log(`\n${actual.length} held-out days: off by ${error.toFixed(2)} °C on average`)
console.log(`"as today" is off by ${persistence.toFixed(2)} °C`)
console.log('\nday        forecast   actual')
for (const day of [0, 1, 2, 3, 4]) {
  const date = lines[split + day].slice(0, lines[split + day].indexOf(','))
  console.log(`${date} ${forecasts[day].toFixed(1).padStart(8)} ${actual[day].toFixed(1).padStart(8)}`)
}
if (!(error < persistence * (isQuick ? 1.3 : 1))) throw new Error(`Not learnt: off by ${error} °C.`)
