import {
  dense,
  FormatError,
  indexedDbStore,
  load,
  manualSeed,
  modelToBlob,
  ones,
  sequential,
  Tokenizer,
  useDeterministic,
} from '../../../src/index.ts'

const x = ones([1, 3])
const store = indexedDbStore('classifier')

/** Saves on the first visit, loads on the second. */
export async function run(visit: string) {
  useDeterministic()
  if (visit === 'again') {
    const { model, tokenizer } = await load(store)
    return { prediction: [...model.predict(x).data()], words: tokenizer?.wordIndex.size }
  }
  manualSeed(11)
  const model = sequential(
    dense({ units: 4, inputSize: 3, activation: 'relu' }),
    dense({ units: 2, inputSize: 4 }),
  )
  const tokenizer = new Tokenizer()
  tokenizer.fitOnTexts(['one two three'])
  await model.save(store, { tokenizer })
  const expected = [...model.predict(x).data()]

  const blob = modelToBlob(model)
  const url = URL.createObjectURL(blob)
  const copies = [await load(blob), await load(url), await load('model.safetensors')]
  URL.revokeObjectURL(url)
  const absent = await load('absent.safetensors').catch((error: unknown) => error)
  const release = await store.lock?.()
  const refused = await store.lock?.().then(
    () => 'two writers',
    (error: Error) => error.name,
  )
  await release?.()
  return {
    prediction: expected,
    copies: copies.map(copy => [...copy.model.predict(x).data()]),
    absent: absent instanceof FormatError ? absent.problem : String(absent),
    refused,
  }
}
