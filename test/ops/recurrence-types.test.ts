import { describe, expect, it } from 'vitest'
import { lstm } from '../../src/ops/lstm.ts'
import { gru } from '../../src/ops/gru.ts'
import { rnn } from '../../src/ops/rnn.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, normal } from '../setup/numbers.ts'

describe.each(devices)('recurrences on %s', device => {
  useDevice(device)
  const x = int([[[1], [2], [3]]])

  it.each([
    ['lstm', lstm, 4],
    ['gru', gru, 3],
    ['rnn', rnn, 1],
  ] as const)('%s reads whole numbers as numbers', (_, run, gates) => {
    const kernel = normal([1, 2 * gates], 1)
    const recurrentKernel = normal([2, 2 * gates], 2)
    const h0 = int([[1, -1]])
    const got = run({ x, kernel, recurrentKernel, h0 })
    const want = run({ x: x.cast('float32'), kernel, recurrentKernel, h0: h0.cast('float32') })
    expectClose(got.sequence, want.sequence, 0)
    expect(got.sequence.abs().max().item()).toBeGreaterThan(0.1)
  })

  it('reads whole numbers as the cells of an LSTM', () => {
    const operands = { x, kernel: normal([1, 8], 1), recurrentKernel: normal([2, 8], 2) }
    const c0 = int([[3, -2]])
    expectClose(lstm({ ...operands, c0 }).c, lstm({ ...operands, c0: c0.cast('float32') }).c, 0)
  })
})
