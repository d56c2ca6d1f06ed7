import { describe, expect, it } from 'vitest'
import { as, ShapeError, tensor, zeros } from '../../src/index.ts'

describe('as', () => {
  it('gives the tensor itself', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(x.as([2, 2])).toBe(x)
    expect(as(x, [2, 2])).toBe(x)
  })

  it('keeps the graph', () => {
    const x = tensor([1, 2], { requiresGrad: true })
    x.as([2]).sum().backward()
    expect(x.grad?.toArray()).toEqual([1, 1])
  })

  it('takes scalars', () => expect(tensor(3).as([]).item()).toBe(3))

  it.each([[[4, 7]], [[7]], [[7, 4, 1]], [[28]], [[-1, 4]]])('names both shapes for %j', shape => {
    expect(() => zeros([7, 4]).as(shape)).toThrow(ShapeError)
    expect(() => zeros([7, 4]).as(shape)).toThrow(`as needs the shape [${shape.join(', ')}], got [7, 4].`)
  })
})
