import { readdirSync, readFileSync } from 'node:fs'
import protobuf from 'protobufjs/minimal.js'
import { exportOnnx } from '../../../src/formats/onnx/index.ts'
import { readOnnx } from '../../../src/formats/onnx/load.ts'
import { FormatError, noGrad, ones, UnsupportedError, zeros } from '../../../src/index.ts'
import { graph, images, sequences } from '../models.ts'
import { type Files, reader } from '../reader.ts'

const folder = new URL('../../../test/onnx-pytorch/', import.meta.url)
/** So much an operator may make out of a shape here. */
const MOST_ELEMENTS = 2 ** 16

async function files(): Promise<Files[]> {
  const names = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const exported = await Promise.all([images(), sequences(), graph()].map(net => exportOnnx(net)))
  return [
    ...names.map(({ name }) => [Uint8Array.from(readFileSync(new URL(`${name}/model.onnx`, folder)))]),
    ...exported.map(bytes => [bytes]),
  ]
}

export const onnx = reader({
  name: 'onnx',
  parser: 'own',
  errors: [FormatError, UnsupportedError],
  bytesPerByte: 200,
  seeds: files,
  read: ([file]) => readOnnx(bytes => new protobuf.Reader(bytes), file, { maximumElements: MOST_ELEMENTS }),
  use(net) {
    const inputs = net.inputs.map(({ shape, type }) => {
      const sizes = (shape ?? []).map(size =>
        typeof size === 'number' && size >= 0 ? Math.min(size, 16) : 2,
      )
      return type?.startsWith('float')
        ? ones(sizes.slice(0, 5))
        : zeros(sizes.slice(0, 5), { dtype: 'int32' })
    })
    noGrad(() => net.forward(inputs.length === 1 ? inputs[0] : inputs))
  },
})
