import { refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import type { Json } from '../../io/plain-json.ts'
import type { OptimizerSpec } from '../../optim/resolve.ts'
import { adamw, lion, nadam } from '../../optim/resolve.ts'
import type { Compiled, CompileOptions } from '../../train/compiled.ts'
import { readTraining, writeTraining } from '../tfjs/training.ts'
import { snakeName } from './state.ts'

type Plain = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Options of Keras' optimizers by our names. */
const OPTIONS: Readonly<Record<string, string>> = {
  learning_rate: 'learningRate',
  beta_1: 'beta1',
  beta_2: 'beta2',
  epsilon: 'epsilon',
  weight_decay: 'weightDecay',
}

/** Optimizers that Keras has and TensorFlow.js has not. */
const MORE: Readonly<Record<string, (options: Record<string, number>) => OptimizerSpec>> = {
  AdamW: options => adamw(options),
  Nadam: options => nadam(options),
  Lion: ({ epsilon: _, ...options }) => lion(options),
}

/**
 * The settings of `compile` out of a file of Keras, as `asKeras2` gives them.
 * @throws UnsupportedError for an optimizer, loss or metric that there is none of here; FormatError for damage
 */
export function readKerasTraining(value: unknown, outputs: readonly string[]): CompileOptions | null {
  const at = 'compile_config'
  if (!isRecord(value)) return refuseModel(at, `expected an object, got ${show(value)}`)
  const { optimizer_config: legacy, optimizer = legacy, loss, metrics } = value
  if (optimizer === undefined || optimizer === null || loss === undefined || loss === null) return null
  const described = typeof optimizer === 'string' ? { class_name: optimizer, config: {} } : optimizer
  if (!isRecord(described))
    return refuseModel(`${at}.optimizer`, `expected an optimizer, got ${show(described)}`)
  const className = String(described.class_name)
  const own = Object.hasOwn(MORE, className) ? MORE[className] : null
  const settings = readTraining(
    {
      loss: namesOf(loss),
      metrics: namesOf(metrics ?? []),
      optimizer_config: own === null ? asTfjs(described) : { class_name: 'SGD', config: {} },
    },
    at,
    outputs,
  )
  return own === null ? settings : { ...settings, optimizer: own(numbersOf(described.config)) }
}

/** `beta_1` is `beta1` in TensorFlow.js. */
function asTfjs({ class_name: className, config }: Plain): Plain {
  const entries = isRecord(config) ? Object.entries(config) : []
  const renamed = entries.map(([key, option]) => [key.replace(/^beta_([12])$/, 'beta$1'), option])
  return { class_name: className, config: Object.fromEntries(renamed) }
}

function numbersOf(config: unknown): Record<string, number> {
  const entries = isRecord(config) ? Object.entries(config) : []
  return Object.fromEntries(
    entries.flatMap(([key, value]) =>
      Object.hasOwn(OPTIONS, key) && typeof value === 'number' ? [[OPTIONS[key], value]] : [],
    ),
  )
}

/** `{ class_name: 'BinaryCrossentropy' }` → `binary_crossentropy`; lists of lists lose their outer one. */
function namesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.flat().map(namesOf)
  if (!isRecord(value)) return value
  const { class_name: className, config } = value
  if (typeof className !== 'string') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, namesOf(item)]))
  }
  const fromLogits = isRecord(config) && config.from_logits === true
  // A loss of its own name is refused by name further on.
  return fromLogits ? `${snakeName(className)}_from_logits` : snakeName(className)
}

/** The settings of a compiled model as Keras 3 has them; null where a part has no name there. */
export function writeKerasTraining(compiled: Compiled | null): Json {
  const settings = writeTraining(compiled)
  if (!isRecord(settings)) return null
  const { optimizer_config: optimizer, loss, metrics } = settings as Readonly<Record<string, Json>>
  const { class_name: className, config } = optimizer as Readonly<Record<string, Json>>
  const entries = Object.entries(config as Readonly<Record<string, Json>>)
  const names: Readonly<Record<string, string>> = { Momentum: 'SGD', RMSProp: 'RMSprop' }
  return {
    optimizer: {
      module: 'keras.optimizers',
      class_name: names[String(className)] ?? className,
      config: Object.fromEntries(
        entries.map(([key, value]) => [
          key
            .replace(/^beta([12])$/, 'beta_$1')
            .replace(/^decay$/, 'rho')
            .replace(/^use_nesterov$/, 'nesterov'),
          value,
        ]),
      ),
      registered_name: null,
    },
    loss,
    loss_weights: null,
    metrics,
    weighted_metrics: null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  }
}
