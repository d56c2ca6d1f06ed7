import {
  FormatError,
  LabelEncoder,
  MinMaxScaler,
  OneHotEncoder,
  StandardScaler,
  Tokenizer,
} from '../../../src/index.ts'
import { tokenizer as smallTokenizer } from '../models.ts'
import { decode, encodeJson, reader } from '../reader.ts'

export const tokenizer = reader({
  name: 'tokenizer',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 200,
  async seeds() {
    const letters = new Tokenizer({ charLevel: true, filters: '', lower: false })
    letters.fitOnTexts(['ab c'])
    return [[encodeJson(smallTokenizer())], [encodeJson(letters)], [encodeJson(new Tokenizer())]]
  },
  read: ([file]) => Tokenizer.fromJSON(decode(file)),
  use(made) {
    made.textsToSequences(['not dull at all', '无聊'])
    made.textsToMatrix(['not dull'])
    Tokenizer.fromJSON(JSON.stringify(made))
  },
})

const table = [
  [1, 10],
  [3, 12.5],
  [-2, 1e9],
]
const examples = [
  new StandardScaler().fit(table),
  new MinMaxScaler({ low: -1, high: 1 }).fit(table),
  new LabelEncoder().fit(['spam', 'ham', 3]),
  new OneHotEncoder({ unknown: 'zeros' }).fit(['spam', 'ham', 3]),
]
const classes = { StandardScaler, MinMaxScaler, LabelEncoder, OneHotEncoder }

/** The first words of a file say which class it is of. */
function classOf(text: string): keyof typeof classes {
  const found = /"format":"(\w+)"/.exec(text)?.[1] ?? ''
  return Object.hasOwn(classes, found) ? (found as keyof typeof classes) : 'OneHotEncoder'
}

export const preprocessing = reader({
  name: 'preprocessing',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 200,
  seeds: async () => examples.map(example => [encodeJson(example)]),
  read: ([file]) => classes[classOf(decode(file))].fromJSON(decode(file)),
  use(made) {
    if (made instanceof StandardScaler || made instanceof MinMaxScaler) {
      made.inverseTransform(made.transform([[1, 2]]))
    } else made.transform(['spam'])
    JSON.stringify(made)
  },
})
