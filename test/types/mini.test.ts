import { expect, it } from 'vitest'
import { check } from './compile.ts'

const program = `
import { dense, mean, sequential, tensor } from '../../src/mini.ts'
const x = tensor([1, 2])
export const total = mean(x.add(1).sum())
// @ts-expect-error statistics are functions only
x.mean()
// @ts-expect-error there is no saving
sequential(dense({ units: 1 })).save('model')
`

it('tensorloom/mini calls no methods that it leaves out, and offers none', () => {
  const { messages, elsewhere } = check(program)
  expect([...messages.values()]).toEqual([])
  // Sources that call a method of the other entry do not compile under this one.
  expect(elsewhere()).toEqual([])
}, 240_000)
