/**
 * TF.js wasm with a new right operand for each product. Its back end packs the right operand once per tensor and keeps
 * the packed copy, so that a benchmark that repeats one product does not see the packing, whereas a training step does.
 * The copy that makes the operand new is timed too: one addition per element of B.
 */
import tf from '@tensorflow/tfjs'
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { dataFor } from '../data.ts'
import { products, tasks } from '../tasks.ts'
import { versionsOf } from './installed.mjs'

const name = 'TF.js wasm (new B)'

setThreadsCount(1)
await tf.setBackend('wasm')

const product = id => {
  let a, b
  return {
    name,
    setup: () => {
      const data = dataFor(id)
      a = tf.tensor(data.a.values, [...data.a.shape])
      b = tf.tensor(data.b.values, [...data.b.shape])
    },
    run: () => tf.tidy(() => void tf.matMul(a, b.add(0))),
    teardown: () => tf.dispose([a, b]),
  }
}

/** @type {Record<string, import('../harness.ts').Entry>} */
const entries = Object.fromEntries(
  tasks.map(({ id }) => [id, { cannot: 'only products A·B: see TF.js wasm' }]),
)
for (const [id, { gradient }] of Object.entries(products)) if (!gradient) entries[id] = () => product(id)

/** @type {import('../harness.ts').Library} */
export const library = {
  name,
  entries,
  versions: versionsOf('@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'),
}
