import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ctcLoss } from '../../src/losses/ctc.ts'
import { GradientError, ShapeError, ValueError } from '../../src/errors.ts'
import { gradcheck, grad, tensor, zeros, type Reduction } from '../../src/index.ts'

interface Case {
  readonly shape: [number, number, number]
  readonly x: number[]
  readonly labels: number[][]
  readonly inputLengths: number[]
  readonly labelLengths: number[]
  readonly blank: number
  readonly reduction: Reduction
  readonly loss: number[]
  readonly grad: number[]
}

// What PyTorch 1.13 gives.
const cases: Case[] = JSON.parse(readFileSync(new URL('ctc-values.json', import.meta.url), 'utf8'))

describe('ctcLoss', () => {
  it.each(cases.map((one, i) => [`${one.reduction} ${i}`, one] as const))(
    'gives the loss and gradient of PyTorch: %s',
    (_, one) => {
      const { shape, x, labels, loss, grad: expected, ...options } = one
      const ids = tensor(labels, { dtype: 'int32' })
      const logits = tensor(x, { shape })
      const actual = ctcLoss(logits, ids, options).data()
      for (const [i, value] of loss.entries()) expect(actual[i]).toBeCloseTo(value, 4)
      const gradient = grad(z => ctcLoss(z, ids, options).sum())(logits).data()
      for (const [i, value] of expected.entries()) expect(gradient[i]).toBeCloseTo(value, 4)
    },
  )

  it('has the gradient that finite differences say', () => {
    const ids = tensor(
      [
        [1, 2],
        [2, 0],
      ],
      { dtype: 'int32' },
    )
    expect(() => gradcheck(z => ctcLoss(z, ids), [[2, 4, 3]])).not.toThrow()
  })

  it('is the sum over all alignments', () => {
    // Three steps of four equal classes: 1 1 2, 1 2 2, 1 2 _, 1 _ 2, _ 1 2 read as 1 2.
    const loss = ctcLoss(zeros([1, 3, 4]), tensor([[1, 2]], { dtype: 'int32' }), { reduction: 'sum' })
    expect(loss.item()).toBeCloseTo(-Math.log(5 / 64), 5)
  })

  it('costs infinity, or nothing on request, where the labels do not fit', () => {
    const ids = tensor([[1, 1]], { dtype: 'int32' })
    expect(ctcLoss(zeros([1, 2, 3]), ids).item()).toBe(Number.POSITIVE_INFINITY)
    expect(ctcLoss(zeros([1, 2, 3]), ids, { zeroInfinity: true }).item()).toBe(0)
    expect(grad(z => ctcLoss(z, ids, { zeroInfinity: true }))(zeros([1, 2, 3])).data()).toEqual(
      new Float32Array(6),
    )
  })

  it('takes the blanks behind the labels as their end, huge logits, and no labels', () => {
    const x = tensor([
      [
        [900, 0, -900],
        [0, 900, 0],
      ],
    ])
    expect(ctcLoss(x, tensor([[1, 0]], { dtype: 'int32' })).item()).toBeCloseTo(0, 5)
    expect(ctcLoss(x, zeros([1, 0]).cast('int32')).item()).toBeCloseTo(900, 2)
  })

  it('names what does not fit', () => {
    const ids = tensor([[1, 2]], { dtype: 'int32' })
    expect(() => ctcLoss(zeros([3, 4]), ids)).toThrow(ShapeError)
    expect(() => ctcLoss(zeros([1, 3, 2]), ids)).toThrow(/labels from 0 to 1, got 2/)
    expect(() => ctcLoss(zeros([1, 3, 4]), ids, { inputLengths: [4] })).toThrow(
      /inputLengths from 0 to 3, got 4/,
    )
    expect(() => ctcLoss(zeros([1, 3, 4]), ids, { reduction: 'max' as never })).toThrow(ValueError)
    const second = grad(z => grad(y => ctcLoss(y, ids))(z).sum())
    expect(() => second(zeros([1, 3, 4]))).toThrow(GradientError)
  })
})
