import { expect, it } from 'vitest'
import { check } from './compile.ts'

/**
 * Type instantiations for 1,000 chains of five operations, each with shapes of its own, and 50 models of four layers:
 * 184,000 when this was written. Shapes computed by conditional types would take several times as many.
 */
const BUDGET = 220_000

const chain = (n: number): string =>
  `export const c${n} = zeros([${n}, ${n + 1}]).matmul(zeros([${n + 1}, ${n + 2}]))` +
  `.add(zeros([${n + 2}])).relu().transpose().sum({ axis: 0 })`

const model = (n: number): string =>
  `export const m${n} = sequential(embedding({ inputDim: 9, outputDim: ${n + 1} }), ` +
  `lstm({ inputSize: ${n + 1}, units: ${n} }), dropout({ rate: 0.5 }), dense({ inputSize: ${n}, units: 1 }))`

it('checks a thousand chains and fifty models within the budget of instantiations', () => {
  const lines = ["import { dense, dropout, embedding, lstm, sequential, zeros } from '../../src/index.ts'"]
  for (let n = 2; n < 1002; n++) lines.push(chain(n))
  for (let n = 2; n < 52; n++) lines.push(model(n))
  const { messages, instantiations } = check(lines.join('\n'))
  expect([...messages.values()]).toEqual([])
  expect(instantiations).toBeLessThan(BUDGET)
}, 240_000)
