/**
 * Peak memory of training steps over what they cannot do without:
 *
 *     npx tsx bench/memory.ts
 *
 * The peak is that of the engine's blocks in use during a warm step, scratch space included; the workspace of the matrix
 * product, which is there once and for all, is left out. What cannot be missed: parameters, their gradients and Adam's two
 * averages, and each activation that backward reads, once (with one word per result of max pooling for where it came
 * from). Gradients of activations come on top of that.
 */
import { currentEngine } from '../src/engine/device.ts'
import { ones } from '../src/index.ts'
import { convolutions } from './ours/cnn.ts'
import { encoders } from './ours/encoder.ts'
import { trainings } from './ours/training.ts'
import { cnn, encoder, perceptron } from './tasks.ts'

/** Numbers of parameters, and of activations that backward reads. */
interface Need {
  readonly parameters: number
  readonly activations: number
}

function perceptronNeed(): Need {
  const { widths, batch } = perceptron
  const pairs = widths.slice(1).map((units, i) => (widths[i] + 1) * units)
  return { parameters: sum(pairs), activations: batch * sum(widths) }
}

function cnnNeed(): Need {
  const { size, filters, units, classes, batch } = cnn
  const [first, second] = [size - 2, (size - 2) / 2 - 2]
  const [half, quarter] = [first >> 1, second >> 1]
  const flat = quarter * quarter * filters[1]
  const images = [
    size * size,
    first * first * filters[0],
    2 * half * half * filters[0],
    second * second * filters[1],
    2 * flat,
    units,
    classes,
  ]
  const parameters = [
    10 * filters[0],
    (9 * filters[0] + 1) * filters[1],
    (flat + 1) * units,
    (units + 1) * classes,
  ]
  return { parameters: sum(parameters), activations: batch * sum(images) }
}

/** Input, q, k, v, weights, weighted values, the first norm's input and output, hidden layer, the second norm's input, output. */
function encoderNeed(): Need {
  const { size, heads, hidden, steps, batch } = encoder
  const rows = batch * steps
  const perRow = [size, 3 * size, heads * steps, size, 2 * size, hidden, 2 * size]
  return {
    parameters: 4 * (size + 1) * size + (size + 1) * hidden + (hidden + 1) * size + 4 * size,
    activations: rows * sum(perRow),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const engine = currentEngine()
const { arena } = engine.memory
const allocate = arena.allocate.bind(arena)
// The matrix product takes its workspace on the first call.
ones([2, 2]).matmul(ones([2, 2]))
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2)

const entries = { ...trainings, ...convolutions, ...encoders }
for (const [id, need] of Object.entries({ W3: perceptronNeed(), W7: cnnNeed(), W8: encoderNeed() })) {
  const entry = entries[id]
  if (typeof entry !== 'function') throw new Error(`${id} is not a training step`)
  const before = arena.inUse
  const contender = entry()
  await contender.setup()
  for (let i = 0; i < 3; i++) await contender.run()
  // Initial weights and other constants leave, as far as the step does not use them.
  const { budget } = engine
  engine.budget = 0
  engine.beginOperation()
  engine.budget = budget
  let peak = 0
  arena.allocate = bytes => {
    const pointer = allocate(bytes)
    peak = Math.max(peak, arena.inUse - before)
    return pointer
  }
  await contender.run()
  arena.allocate = allocate
  const bytes = 4 * (4 * need.parameters + need.activations)
  console.log(
    `${id}: peak ${megabytes(peak)} MB, needed ${megabytes(bytes)} MB (${megabytes(16 * need.parameters)} MB of it for parameters): ${(peak / bytes).toFixed(2)}×`,
  )
}
