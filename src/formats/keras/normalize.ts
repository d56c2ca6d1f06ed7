import { UnsupportedError } from '../../errors.ts'
import { refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'

const DEEPEST = 100

type Plain = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object that Keras 3 describes: `{ module, class_name, config, registered_name }`. */
const isDescription = (value: Plain): boolean => 'class_name' in value && 'module' in value

const isTensor = (value: unknown): value is Plain =>
  isRecord(value) && value.class_name === '__keras_tensor__' && isRecord(value.config)

/**
 * The description of a model by Keras 3 as Keras 2 wrote it, which is what TensorFlow.js reads as well: tensors become
 * references `[layer, call, output, {}]`, settings of element types go.
 *
 * @throws UnsupportedError for a Lambda, whose code would have to be run; FormatError for damage
 */
export function asKeras2(value: unknown, at = 'config.json', depth = 0): unknown {
  if (depth > DEEPEST) return refuseModel(at, `it is nested deeper than ${DEEPEST} levels`)
  if (Array.isArray(value)) return value.map((item, i) => asKeras2(item, `${at}[${i}]`, depth + 1))
  if (!isRecord(value)) return value
  if (isDescription(value)) return described(value, at, depth)
  const entries = Object.entries(value).map(([key, item]) => [key, asKeras2(item, `${at}.${key}`, depth + 1)])
  return Object.fromEntries(entries)
}

function described(value: Plain, at: string, depth: number): unknown {
  const { config } = value
  // Some versions write OrthogonalInitializer, others Orthogonal.
  const className = String(value.class_name).replace(/(?<=.)Initializer$/, '')
  if (className === 'Lambda') {
    throw new UnsupportedError({
      operation: 'loadKeras',
      problem: `found a Lambda layer at ${at}: its Python code cannot be run.`,
      hint: 'put a layer of its own in its place before saving.',
      items: [at],
    })
  }
  if (className === 'DTypePolicy' || className === 'FloatDTypePolicy') return policy(config, at)
  if (className === 'function') return config
  const inside = asKeras2(config, `${at}.config`, depth + 1)
  if (!isRecord(inside)) return { class_name: className, config: inside }
  const entries = new Map(Object.entries(inside))
  entries.delete('dtype')
  // What a Sequential without an InputLayer was built for.
  const built = isRecord(value.build_config) ? value.build_config.input_shape : undefined
  if (Array.isArray(built)) entries.set('build_input_shape', built)
  if (className === 'LeakyReLU') rename(entries, 'negative_slope', 'alpha')
  refuseHardSigmoid(entries, at)
  for (const key of ['input_layers', 'output_layers']) {
    if (entries.has(key)) entries.set(key, references(entries.get(key), `${at}.config.${key}`))
  }
  const result: Record<string, unknown> = { class_name: className, config: Object.fromEntries(entries) }
  if (typeof value.name === 'string') result.name = value.name
  if (Array.isArray(value.inbound_nodes)) {
    result.inbound_nodes = value.inbound_nodes.map((node, i) => inbound(node, `${at}.inbound_nodes[${i}]`))
  }
  return result
}

/** Models of other precisions are read, and computed, in float32. */
function policy(config: unknown, at: string): string {
  const name = isRecord(config) ? config.name : undefined
  return typeof name === 'string' ? name : refuseModel(at, 'a policy of element types needs a name')
}

function rename(entries: Map<string, unknown>, theirs: string, ours: string): void {
  if (!entries.has(theirs)) return
  entries.set(ours, entries.get(theirs))
  entries.delete(theirs)
}

/** In Keras 3 it is relu6(x + 3)/6, in Keras 2 and here clip(x/5 + 1/2): the same name for two functions. */
function refuseHardSigmoid(entries: ReadonlyMap<string, unknown>, at: string): void {
  for (const key of ['activation', 'recurrent_activation']) {
    if (entries.get(key) !== 'hard_sigmoid') continue
    throw new UnsupportedError({
      operation: 'loadKeras',
      problem: `found Keras 3's hard_sigmoid at ${at}.config.${key}, which is another function than ours.`,
      items: [`${at}.config.${key}`],
    })
  }
}

/** `['dense', 0, 0]`, a list of such, or a record of them: a list. */
function references(value: unknown, at: string): unknown {
  if (isRecord(value)) return references(Object.values(value), at)
  if (!Array.isArray(value)) return refuseModel(at, `expected references to layers, got ${show(value)}`)
  return typeof value[0] === 'string' ? [value] : value
}

/** The tensors that a call reads: positional ones first, then named ones (a state), without masks. */
function inbound(node: unknown, at: string): unknown {
  if (!isRecord(node)) return node
  const { args, kwargs } = node
  const found: unknown[] = []
  const visit = (value: unknown, depth: number): void => {
    if (depth > DEEPEST) refuseModel(at, 'it is nested too deep')
    if (isTensor(value)) found.push(reference(value, at))
    else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1)
    else if (isRecord(value))
      for (const [key, item] of Object.entries(value)) if (key !== 'mask') visit(item, depth + 1)
  }
  visit(args, 0)
  visit(kwargs, 0)
  return found
}

function reference({ config }: Plain, at: string): unknown {
  const history: unknown = isRecord(config) ? config.keras_history : undefined
  if (Array.isArray(history) && history.length === 3) return [...history, {}]
  return refuseModel(at, 'a tensor needs its keras_history')
}
