import { readCheckpoint } from '../../../src/io/checkpoint-file.ts'
import { crc32 } from '../../../src/io/checksum.ts'
import {
  Adam,
  dense,
  FormatError,
  lstm,
  type Module,
  manualSeed,
  restoreCheckpoint,
  sequential,
  serializeCheckpoint,
  ShapeError,
  Tensor,
  tensor,
  ValueError,
} from '../../../src/index.ts'
import { encode, type Files, reader, Violation } from '../reader.ts'
import { putTogether, takeApart } from '../safetensors-parts.ts'

const KEY = encode('"tensorloom.checksum":"')
const DIGITS = 8

/** A model after a step, and its optimizer: half of the state belongs to each. */
function parts(seed: number) {
  manualSeed(seed)
  const model = sequential(
    lstm({ units: 2, inputSize: 3, stateful: true }),
    dense({ units: 1, inputSize: 2 }),
  )
  const optimizer = new Adam(model.parameters(), { learningRate: 0.01 })
  const x = tensor([[[1, 2, 3]]])
  model.forward(x).sum().backward()
  optimizer.step()
  const state = { epoch: 2, history: new Map([['loss', [0.5, Number.NaN]]]), seen: Int32Array.of(1, 2) }
  return { model, optimizer, state }
}

/** The checksum fits again. */
function sealed(file: Uint8Array): Uint8Array {
  const place = Buffer.from(file.buffer, file.byteOffset, file.length).indexOf(KEY)
  if (place < 0 || place + KEY.length + DIGITS > file.length) return file
  const copy = file.slice()
  copy.set(encode('0'.repeat(DIGITS)), place + KEY.length)
  copy.set(encode(crc32(copy)), place + KEY.length)
  return copy
}

const seeds = async (): Promise<Files[]> => [takeApart(serializeCheckpoint(parts(1)))]
const assemble = (changed: Files, repair: boolean): Files => [sealed(putTogether(changed, repair))]

export const checkpoint = reader({
  name: 'checkpoint',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 100,
  seeds,
  assemble,
  read: ([file]) => readCheckpoint(file),
})

/** All that a restored checkpoint changes, as text. */
const everything = (model: Module<unknown>, optimizer: Adam): string =>
  JSON.stringify([...model.stateDict(), optimizer.stateDict()], (_, value: unknown) =>
    value instanceof Tensor ? [...value.values()] : value instanceof Map ? [...value] : value,
  )

export const resumed = reader({
  name: 'resume',
  parser: 'own',
  errors: [FormatError, ValueError, ShapeError],
  bytesPerByte: 300,
  seeds,
  assemble,
  read([file]) {
    const { model, optimizer } = parts(2)
    const before = everything(model, optimizer)
    try {
      return restoreCheckpoint(file, { model, optimizer })
    } catch (error) {
      if (everything(model, optimizer) === before) throw error
      throw new Violation(`was refused, and has changed the model: ${String(error)}`)
    }
  },
})
