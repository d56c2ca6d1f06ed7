import { unzipSync, zipSync } from 'fflate'
import { type KerasContent, limitsFor } from '../../../src/formats/keras/content.ts'
import { extract } from '../../../src/formats/keras/extract.ts'
import { serializeKeras, serializeKerasWeights } from '../../../src/formats/keras/index.ts'
import { modelOf } from '../../../src/formats/keras/load.ts'
import { FormatError, UnsupportedError } from '../../../src/index.ts'
import { graph, images, textClassifier } from '../models.ts'
import { decode, encode, type Files, reader, Violation } from '../reader.ts'
import { quietly } from '../quietly.ts'

/** What the parsers behind throw is whatever they like: the worker makes a FormatError of each. */
const shared = { parser: 'third-party', errors: [Error], bytesPerByte: 1032 } as const

const read = ([file]: Files): Promise<KerasContent> => quietly(() => extract(file, limitsFor(file.length)))

function requireFull({ h5 }: KerasContent): void {
  for (const [name, { shape, values }] of h5.datasets) {
    const wanted = shape.reduce((product, size) => product * size, 1)
    if (wanted !== values.length)
      throw new Violation(`"${name}" has ${values.length} numbers for ${wanted} places`)
  }
}

export const kerasWeights = reader({
  ...shared,
  name: 'keras-h5',
  seeds: () =>
    quietly(() =>
      Promise.all([textClassifier(), images()].map(async net => [await serializeKerasWeights(net)])),
    ),
  read,
  use: requireFull,
})

export const kerasArchive = reader({
  ...shared,
  name: 'keras-zip',
  async seeds() {
    const stored = await quietly(() => serializeKeras(textClassifier()))
    const packed = zipSync(unzipSync(stored), { level: 9 })
    return [[stored], [packed]]
  },
  read,
  use: requireFull,
})

/** Weights do not change from round to round: they are read once for each model. */
const contents = new Map<number, KerasContent>()

export const kerasConfig = reader({
  name: 'keras-config',
  parser: 'own',
  errors: [FormatError, UnsupportedError],
  bytesPerByte: 300,
  async seeds(): Promise<Files[]> {
    const models = [textClassifier(), images(), graph()]
    const files = await quietly(() => Promise.all(models.map(net => serializeKeras(net))))
    return Promise.all(
      files.map(async (file, i) => {
        const content = await extract(file, limitsFor(file.length))
        contents.set(i, content)
        return [encode(content.config ?? ''), Uint8Array.of(i)]
      }),
    )
  },
  read([config, [index = 0]]) {
    const content = contents.get(index % contents.size)
    if (content === undefined) throw new Error(`no content ${index}`)
    return modelOf('fuzz', { config: decode(config), h5: content.h5 })
  },
})
