import { beforeAll, describe, expect, it } from 'vitest'
import { check } from './compile.ts'

const IMPORTS =
  "import { dense, dropout, embedding, linear, lstm, matmul, sequential, type Tensor, zeros } from '../../src/index.ts'"

/** What is wrong, the line that is, and what the compiler must say of it. */
const MISTAKES: [string, string, string[]][] = [
  [
    'a layer whose inputSize is not what the layer before gives',
    'sequential(embedding({ inputDim: 10000, outputDim: 64 }), lstm({ inputSize: 64, units: 128 }), dense({ inputSize: 127, units: 1 }))',
    ["'Dense<127, 1>'", "Type '128' is not assignable to type '127'"],
  ],
  [
    'the same behind a layer that keeps the size',
    'sequential(dense({ units: 128 }), dropout({ rate: 0.1 }), dense({ inputSize: 127, units: 1 }))',
    ["'Dense<127, 1>'", "Type '128' is not assignable to type '127'"],
  ],
  [
    'an LSTM that returns its state between layers',
    'sequential(lstm({ units: 8, returnState: true }), dense({ units: 1 }))',
    ["'LSTM<number, 8, true>'", 'readonly [Tensor<'],
  ],
  [
    'matmul with unequal inner sizes',
    'matmul(zeros([32, 784]), zeros([785, 10]))',
    ["Type '785' is not assignable to type '784'"],
  ],
  [
    'the method matmul',
    'zeros([32, 784]).relu().matmul(zeros([785, 10]))',
    ["Type '785' is not assignable to type '784'"],
  ],
  [
    'linear with unequal inner sizes',
    'linear(zeros([32, 784]), zeros([785, 10]), null)',
    ["Type '785' is not assignable to type '784'"],
  ],
  [
    'a tensor of another shape',
    'export const y: Tensor<[7, 4]> = zeros([7, 5])',
    ["Type '5' is not assignable to type '4'"],
  ],
]

describe('what the compiler says', () => {
  let messages: ReadonlyMap<number, string>
  beforeAll(() => {
    messages = check([IMPORTS, ...MISTAKES.map(([, line]) => line)].join('\n')).messages
  }, 240_000)

  it.each(MISTAKES)('names both sides of %s', (what, _line, parts) => {
    const message = messages.get(1 + MISTAKES.findIndex(mistake => mistake[0] === what)) ?? ''
    for (const part of parts) expect(message).toContain(part)
    expect(message.split('\n').length).toBeLessThan(12)
  })

  it('says nothing else', () => expect(messages.size).toBe(MISTAKES.length))
})
