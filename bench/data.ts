/**
 * The numbers that all contenders share: inputs, labels and initial weights of every task, from one seeded
 * generator. `writeData` stores them for contenders that are not written in JavaScript.
 */
import { writeFileSync } from 'node:fs'
import {
  type ClassifierSizes,
  classifierSizes,
  cnn,
  elementwiseSide,
  perceptron,
  products,
  encoder,
} from './tasks.ts'

export interface DataArray {
  readonly shape: readonly number[]
  readonly values: Float32Array | Int32Array
}

/** Arrays of a task by name. */
export type TaskData = Readonly<Record<string, DataArray>>

/** A seeded source of uniform numbers in [0, 1) (mulberry32). */
const generator = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
type Random = ReturnType<typeof generator>

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

const uniform = (random: Random, shape: readonly number[], low: number, high: number): DataArray => ({
  shape,
  values: Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random()),
})

const integers = (random: Random, shape: readonly number[], limit: number): DataArray => ({
  shape,
  values: Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(random() * limit)),
})

/** Glorot's uniform initialisation of a kernel [inputs, outputs]. */
const glorot = (random: Random, inputs: number, outputs: number): DataArray => {
  const limit = Math.sqrt(6 / (inputs + outputs))
  return uniform(random, [inputs, outputs], -limit, limit)
}

const zeros = (shape: readonly number[]): DataArray => ({ shape, values: new Float32Array(sizeOf(shape)) })

/** a [m, k], b [k, n] and, for the transposed products of backward, g [m, n]. */
const productData = (random: Random, id: string): TaskData => {
  const { m, k, n, gradient } = products[id]
  const forward = { a: uniform(random, [m, k], -1, 1), b: uniform(random, [k, n], -1, 1) }
  return gradient ? { ...forward, g: uniform(random, [m, n], -1, 1) } : forward
}

/** x [batch, 784], labels [batch], kernel0 [784, 256], bias0 [256], … kernel2, bias2. */
const perceptronData = (random: Random): TaskData => {
  const { widths, batch } = perceptron
  const data: Record<string, DataArray> = {
    x: uniform(random, [batch, widths[0]], 0, 1),
    labels: integers(random, [batch], widths[widths.length - 1]),
  }
  for (let layer = 0; layer + 1 < widths.length; layer++) {
    data[`kernel${layer}`] = glorot(random, widths[layer], widths[layer + 1])
    data[`bias${layer}`] = zeros([widths[layer + 1]])
  }
  return data
}

/**
 * tokens [batch, steps], labels [batch], embeddings [vocabulary, embedding], kernel [embedding, 4·units],
 * recurrentKernel [units, 4·units], bias [4·units] with gates in the order i, f, g, o, headKernel [units, 1],
 * headBias [1].
 */
const classifierData = (random: Random, sizes: ClassifierSizes): TaskData => {
  const { vocabulary, embedding, steps, units, batch } = sizes
  return {
    tokens: integers(random, [batch, steps], vocabulary),
    labels: { shape: [batch], values: Float32Array.from({ length: batch }, () => (random() < 0.5 ? 0 : 1)) },
    embeddings: uniform(random, [vocabulary, embedding], -0.05, 0.05),
    kernel: glorot(random, embedding, 4 * units),
    recurrentKernel: glorot(random, units, 4 * units),
    bias: zeros([4 * units]),
    headKernel: glorot(random, units, 1),
    headBias: zeros([1]),
  }
}

/**
 * x [batch, size, size, 1], labels [batch], kernel0 [3, 3, 1, 32], kernel1 [3, 3, 32, 64], kernel2 [5·5·64, 128] (rows in
 * the order height, width, channel), kernel3 [128, 10], and a bias for each.
 */
const cnnData = (random: Random): TaskData => {
  const { size, filters, units, classes, batch } = cnn
  // After both convolutions and poolings.
  const side = Math.floor((Math.floor((size - 2) / 2) - 2) / 2)
  const shapes = [
    [3, 3, 1, filters[0]],
    [3, 3, filters[0], filters[1]],
    [side * side * filters[1], units],
    [units, classes],
  ]
  const data: Record<string, DataArray> = {
    x: uniform(random, [batch, size, size, 1], 0, 1),
    labels: integers(random, [batch], classes),
  }
  for (const [i, shape] of shapes.entries()) {
    const outputs = shape[shape.length - 1]
    const window = shape.length === 4 ? 9 : 1
    const limit = Math.sqrt(6 / (window * (shape[shape.length - 2] + outputs)))
    data[`kernel${i}`] = uniform(random, shape, -limit, limit)
    data[`bias${i}`] = zeros([outputs])
  }
  return data
}

/**
 * x and target [batch, steps, size], and a kernel [in, out] and a bias for each projection of the encoder layer.
 * The normalisations start from ones and zeros.
 */
const encoderData = (random: Random): TaskData => {
  const { size, hidden, steps, batch } = encoder
  const data: Record<string, DataArray> = {
    x: uniform(random, [batch, steps, size], -1, 1),
    target: uniform(random, [batch, steps, size], -1, 1),
  }
  const projections = { query: [size, size], key: [size, size], value: [size, size], output: [size, size] }
  const layers = { ...projections, hidden: [size, hidden], final: [hidden, size] }
  for (const [name, [inputs, outputs]] of Object.entries(layers)) {
    data[`${name}Kernel`] = glorot(random, inputs, outputs)
    data[`${name}Bias`] = zeros([outputs])
  }
  return data
}

/** The arrays of a task: the same numbers for every contender and in every run. */
export const dataFor = (id: string): TaskData => {
  const random = generator(20240 + [...id].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))
  if (products[id]) return productData(random, id)
  if (classifierSizes[id]) return classifierData(random, classifierSizes[id])
  if (id === 'W3') return perceptronData(random)
  if (id === 'W7') return cnnData(random)
  if (id === 'W8') return encoderData(random)
  if (id === 'W9') {
    return Object.fromEntries(['a', 'b', 'c'].map(name => [name, uniform(random, [8], -1, 1)]))
  }
  if (id.startsWith('W6-')) {
    const shape = [elementwiseSide, elementwiseSide]
    return { x: uniform(random, shape, -4, 4), y: uniform(random, shape, -4, 4) }
  }
  throw new RangeError(`no data for the task "${id}"`)
}

/**
 * Writes the arrays of a task to `path`.bin, one after the other, with `path`.json naming each one's type,
 * shape and byte offset.
 */
export const writeData = (id: string, path: string): void => {
  const data = dataFor(id)
  let offset = 0
  const manifest = Object.entries(data).map(([name, { shape, values }]) => {
    const entry = { name, shape, offset, type: values instanceof Int32Array ? 'int32' : 'float32' }
    offset += values.byteLength
    return entry
  })
  const bytes = Buffer.concat(
    Object.values(data).map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  )
  writeFileSync(`${path}.bin`, bytes)
  writeFileSync(`${path}.json`, JSON.stringify(manifest))
}
