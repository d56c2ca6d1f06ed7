/** Plain JavaScript loops over Float32Arrays: the floor that W6 has to beat. */
import { type DataArray, dataFor } from '../data.ts'
import { type Contender, consume, type Entry, type Library } from '../harness.ts'
import { elementwiseNames, elementwiseSide, tasks } from '../tasks.ts'

const name = 'plain loop'
type Loop = (x: Float32Array, y: Float32Array, out: Float32Array) => void

const map =
  (apply: (value: number) => number): Loop =>
  (x, _y, out) => {
    for (let at = 0; at < x.length; at++) out[at] = apply(x[at])
  }

const loops: Readonly<Record<(typeof elementwiseNames)[number], Loop>> = {
  tanh: map(value => Math.tanh(value)),
  sigmoid: map(value => 1 / (1 + Math.exp(-value))),
  exp: map(value => Math.exp(value)),
  add: (x, y, out) => {
    for (let at = 0; at < x.length; at++) out[at] = x[at] + y[at]
  },
  sum: (x, _y, out) => {
    let total = 0
    for (let at = 0; at < x.length; at++) total += x[at]
    out[0] = total
  },
  softmax: (x, _y, out) => {
    for (let start = 0; start < x.length; start += elementwiseSide) {
      const end = start + elementwiseSide
      let largest = Number.NEGATIVE_INFINITY
      for (let at = start; at < end; at++) largest = Math.max(largest, x[at])
      let total = 0
      for (let at = start; at < end; at++) {
        out[at] = Math.exp(x[at] - largest)
        total += out[at]
      }
      for (let at = start; at < end; at++) out[at] /= total
    }
  },
}

const floats = ({ values }: DataArray): Float32Array => Float32Array.from(values)

const loopContender = (id: string, loop: Loop): Contender => {
  let x: Float32Array
  let y: Float32Array
  let out: Float32Array
  return {
    name,
    setup() {
      const data = dataFor(id)
      x = floats(data.x)
      y = floats(data.y)
      out = new Float32Array(x.length)
    },
    run() {
      loop(x, y, out)
      consume(out[0])
    },
  }
}

const entries: Record<string, Entry> = Object.fromEntries(
  tasks.map(({ id }) => [id, { cannot: 'only W6 is written as plain loops' }]),
)
for (const key of elementwiseNames) entries[`W6-${key}`] = () => loopContender(`W6-${key}`, loops[key])

export const library: Library = { name, versions: {}, entries }
