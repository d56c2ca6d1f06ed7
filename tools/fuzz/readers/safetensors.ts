import { readdirSync, readFileSync } from 'node:fs'
import {
  deserializeStateDict,
  FormatError,
  readSafetensors,
  serializeStateDict,
  type Tensor,
} from '../../../src/index.ts'
import { images, sequences, textClassifier } from '../models.ts'
import { type Files, reader, Violation } from '../reader.ts'
import { putTogether, takeApart } from '../safetensors-parts.ts'

const folder = new URL('../../../test/safetensors/', import.meta.url)

/** Files with every dtype, odd names and metadata. */
function goodFiles(): Files[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.safetensors') && !name.startsWith('bad_'))
  return names.map(name => takeApart(Uint8Array.from(readFileSync(new URL(name, folder)))))
}

const weightFiles = (): Files[] =>
  [textClassifier(), images(), sequences()].map(net => takeApart(serializeStateDict(net.stateDict())))

const assemble = (parts: Files, repair: boolean): Files => [putTogether(parts, repair)]

export const safetensors = reader({
  name: 'safetensors',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 64,
  seeds: async () => [...goodFiles(), ...weightFiles()],
  assemble,
  read: ([file]) => readSafetensors(file),
  use: ({ tensors }) => {
    for (const [name, { shape, data }] of tensors) requireFull(name, shape, data.length)
  },
})

export const stateDict = reader({
  name: 'state-dict',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 64,
  seeds: async () => weightFiles(),
  assemble,
  read: ([file]) => deserializeStateDict(file),
  use: (state: ReadonlyMap<string, Tensor>) => {
    for (const [name, { shape, size }] of state) requireFull(name, shape, size)
  },
})

function requireFull(name: string, shape: readonly number[], size: number): void {
  const wanted = shape.reduce((product, length) => product * length, 1)
  if (wanted !== size) throw new Violation(`"${name}" has ${size} numbers for ${wanted} places`)
}
