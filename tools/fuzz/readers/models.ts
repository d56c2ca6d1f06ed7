import { crc32 } from '../../../src/io/checksum.ts'
import {
  deserializeModel,
  FormatError,
  type Loaded,
  load,
  memoryStore,
  serializeModel,
  serializeStateDict,
  type Tensor,
  zeros,
} from '../../../src/index.ts'
import { describeModel } from '../../../src/io/model-config.ts'
import { graph, images, sequences, textClassifier, tokenizer } from '../models.ts'
import { decode, encodeJson, type Files, reader, Violation } from '../reader.ts'
import { putTogether, takeApart } from '../safetensors-parts.ts'

const files = (): Files[] =>
  [
    serializeModel(textClassifier(), { tokenizer: tokenizer(), optimizer: true }),
    serializeModel(images()),
    serializeModel(sequences(), { metadata: { date: 'today' } }),
    serializeModel(graph(), { optimizer: true }),
  ].map(takeApart)

const assemble = (parts: Files, repair: boolean): Files => [putTogether(parts, repair)]
/** Inputs of more numbers would show how much a model may ask for, not how it was read. */
const MOST_NUMBERS = 10_000

/** Predicts with what was loaded, where the input is of a size that is fair. */
function predict({ model, tokenizer: words }: Loaded): void {
  words?.textsToSequences(['not dull at all'])
  const shapes = 'inputShapes' in model ? (model.inputShapes as readonly (readonly number[])[]) : []
  const inputs: Tensor[] = shapes.map(shape => zeros([1, ...shape.map(size => Math.max(size, 1))]))
  if (inputs.length === 0 || inputs.some(({ size }) => size > MOST_NUMBERS)) return
  model.predict(inputs.length === 1 ? inputs[0] : inputs)
}

export const model = reader({
  name: 'model',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 200,
  seeds: async () => files(),
  assemble,
  read: ([file]) => deserializeModel(file),
  use: predict,
})

export const modelStore = reader({
  name: 'model-store',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 200,
  seeds: async () => files(),
  assemble,
  async read([file]) {
    const store = memoryStore()
    await store.write('model.safetensors', file)
    return load(store)
  },
  use: predict,
})

const FOLDER = 'https://host.test/models/reviews/'

/** model.json, header and data of the weights, tokenizer.json. */
function folder(): Files {
  const net = textClassifier()
  const { config } = describeModel('fuzz', net)
  return [
    encodeJson({ ...config, files: { 'model.safetensors': {}, 'tokenizer.json': {} } }),
    ...takeApart(serializeStateDict(net.stateDict())),
    encodeJson(tokenizer()),
  ]
}

/** Sizes and checksums fit again, so that what they guard is tried, too. */
function sealed(json: Uint8Array, weights: Uint8Array, words: Uint8Array): Uint8Array {
  try {
    const config: unknown = JSON.parse(decode(json))
    for (const [name, bytes] of [
      ['model.safetensors', weights],
      ['tokenizer.json', words],
    ] as const) {
      Object.assign(Object(config).files[name], { bytes: bytes.length, crc32: crc32(bytes) })
    }
    return encodeJson(config)
  } catch {
    // Too damaged for that.
    return json
  }
}

export const modelFolder = reader({
  name: 'model-folder',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 200,
  seeds: async () => [folder()],
  assemble([json, header, data, words], repair) {
    const weights = putTogether([header, data], repair)
    return [sealed(json, weights, words), weights, words]
  },
  async read([json, weights, words]) {
    const served = new Map([
      [`${FOLDER}model.json`, json],
      [`${FOLDER}model.safetensors`, weights],
      [`${FOLDER}tokenizer.json`, words],
    ])
    return load(FOLDER, { fetch: serve(served) })
  },
  use: predict,
})

/** Answers requests out of memory; anything else that is asked for is a path that leads elsewhere. */
export const serve = (served: ReadonlyMap<string, Uint8Array>) => async (url: string) => {
  const bytes = served.get(url)
  const place = new URL('.', [...served.keys()][0]).href
  if (!url.startsWith(place)) throw new PathViolation(`fetched ${url}`)
  return {
    ok: bytes !== undefined,
    status: bytes === undefined ? 404 : 200,
    statusText: '',
    arrayBuffer: async () => Uint8Array.from(bytes ?? []).buffer,
  }
}

/** Its name lets it through where errors of the network are wrapped. */
class PathViolation extends Violation {
  override readonly name = 'AbortError'
}
