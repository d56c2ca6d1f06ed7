import { readdirSync, readFileSync } from 'node:fs'
import { loadTfjsModel } from '../../../src/formats/tfjs/index.ts'
import { FormatError, type ModelResult, type Model, UnsupportedError, zeros } from '../../../src/index.ts'
import { decode, type Files, reader } from '../reader.ts'
import { serve } from './models.ts'

const folder = new URL('../../../test/tfjs-layers/', import.meta.url)
const FOLDER = 'https://host.test/models/there/'

function files(): Files[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return names.map(({ name }) =>
    ['model.json', 'weights.bin'].map(file =>
      Uint8Array.from(readFileSync(new URL(`${name}/${file}`, folder))),
    ),
  )
}

function predict(net: Model<ModelResult>): void {
  net.predict(zeros([1, 4]))
}

const shared = {
  parser: 'own',
  errors: [FormatError, UnsupportedError],
  bytesPerByte: 200,
  seeds: async () => files(),
  use: predict,
} as const

export const tfjs = reader({
  ...shared,
  name: 'tfjs',
  read: ([json, weights]) => loadTfjsModel({ modelJson: decode(json), weights }),
})

/** From an address: paths in the file must not lead away from it. */
export const tfjsFolder = reader({
  ...shared,
  name: 'tfjs-folder',
  async read([json, weights]) {
    const served = new Map([
      [`${FOLDER}model.json`, json],
      [`${FOLDER}weights.bin`, weights],
    ])
    return loadTfjsModel(FOLDER, { fetch: serve(served) })
  },
})
