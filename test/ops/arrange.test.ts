import { describe, expect, it } from 'vitest'
import {
  arange,
  broadcastTo,
  concat,
  expandDims,
  pad,
  permute,
  reshape,
  roll,
  ShapeError,
  split,
  squeeze,
  stack,
  tensor,
  tile,
  transpose,
  tril,
  triu,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { int, leaf, normal } from '../setup/numbers.ts'

describe.each(devices)('shape operations on %s', device => {
  useDevice(device)
  const x = (): ReturnType<typeof tensor> =>
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])

  it('reshape keeps the order, fills in one size, and shares the numbers', () => {
    expect(reshape(x(), [3, 2]).toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    expect(reshape(x(), [-1]).shape).toEqual([6])
    expect(reshape(x(), [2, -1, 3]).shape).toEqual([2, 1, 3])
    const y = x()
    expect(reshape(y, [6]).storage).toBe(y.storage)
    expect(reshape(zeros([0, 3]), [-1, 3]).shape).toEqual([0, 3])
    for (const shape of [[4], [-1, -1], [-1, 4], [2.5, 2]]) {
      expect(() => reshape(x(), shape)).toThrow(ShapeError)
    }
  })

  it('squeeze, expandDims and flatten add and remove axes', () => {
    expect(squeeze(zeros([1, 3, 1])).shape).toEqual([3])
    expect(squeeze(zeros([1, 3, 1]), { axis: -1 }).shape).toEqual([1, 3])
    expect(() => squeeze(zeros([1, 3]), { axis: 1 })).toThrow(/its size is 3 ≠ 1/)
    expect(expandDims(x(), { axis: -1 }).shape).toEqual([2, 3, 1])
    expect(expandDims(x(), { axis: 0 }).shape).toEqual([1, 2, 3])
    expect(() => expandDims(x(), { axis: 4 })).toThrow(ShapeError)
    expect(zeros([2, 3, 4]).flatten({ start: 1 }).shape).toEqual([2, 12])
    expect(tensor(1).flatten().shape).toEqual([1])
    expect(() => x().flatten({ start: 1, end: 0 })).toThrow(ShapeError)
  })

  it('permute and transpose move axes', () => {
    const y = arange(24).reshape([2, 3, 4])
    const z = permute(y, [2, 0, 1])
    expect(z.shape).toEqual([4, 2, 3])
    for (const [i, j, k] of [
      [0, 0, 0],
      [1, 2, 3],
      [1, 0, 2],
    ]) {
      expect(z.data()[k * 6 + i * 3 + j]).toBe(i * 12 + j * 4 + k)
    }
    expect(permute(z, [1, 2, 0]).data()).toEqual(y.data())
    expect(transpose(x()).toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    expect(transpose(y, { axes: [0, -1] }).shape).toEqual([4, 3, 2])
    expect(
      transpose(normal([37, 53]))
        .transpose()
        .data(),
    ).toEqual(normal([37, 53]).data())
    expect(() => permute(y, [0, 1])).toThrow(ShapeError)
    expect(() => permute(y, [0, 1, 1])).toThrow(/every axis/)
    expect(() => transpose(tensor([1]))).toThrow(/at least two axes/)
  })

  it('broadcastTo repeats, and refuses other sizes', () => {
    expect(broadcastTo(tensor([[1], [2]]), [2, 2, 2]).toArray()).toEqual([
      [
        [1, 1],
        [2, 2],
      ],
      [
        [1, 1],
        [2, 2],
      ],
    ])
    expect(broadcastTo(tensor(3), [0]).shape).toEqual([0])
    expect(() => broadcastTo(x(), [3, 3])).toThrow(ShapeError)
    expect(() => broadcastTo(x(), [3])).toThrow(ShapeError)
  })

  it('concat joins, in the widest element type', () => {
    expect(concat([x(), tensor([[7, 8, 9]])]).shape).toEqual([3, 3])
    expect(concat([x(), zeros([2, 0])], { axis: 1 }).data()).toEqual(x().data())
    expect(concat([x(), x()], { axis: -1 }).toArray()).toEqual([
      [1, 2, 3, 1, 2, 3],
      [4, 5, 6, 4, 5, 6],
    ])
    expect(concat([int([1]), tensor([true])]).dtype).toBe('int32')
    expect(concat([int([1]), tensor([0.5])]).toArray()).toEqual([1, 0.5])
    expect(() => concat([])).toThrow(ValueError)
    expect(() => concat([x(), zeros([2, 2])])).toThrow(/\[2, 3\] and \[2, 2\]/)
    expect(() => concat([x(), zeros([3])])).toThrow(ShapeError)
    expect(() => concat([tensor(1), tensor(2)])).toThrow(/a scalar has no axes/)
  })

  it('stack makes a new axis, split takes one apart', () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])]
    expect(stack([a, b]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(stack([a, b], { axis: -1 }).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ])
    expect(() => stack([a, tensor([1])])).toThrow(
      /stack needs equal shapes, got \[2\] and \[1\][\s\S]*Hint: /,
    )
    expect(split(arange(6), 3).map(part => part.toArray())).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
    expect(split(x(), [1, 2], { axis: 1 }).map(part => part.shape)).toEqual([
      [2, 1],
      [2, 2],
    ])
    for (const parts of [4, 0, -1, 2.5, [2, 2], [7, -1]]) {
      expect(() => split(arange(6), parts)).toThrow(ShapeError)
    }
  })

  it('split and concat are inverse, gradients included', () => {
    const y = leaf(normal([5, 4]))
    const again = concat(split(y, [1, 3], { axis: 1 }), { axis: 1 })
    expect(again.data()).toEqual(y.data())
    again
      .mul(normal([5, 4], 2))
      .sum()
      .backward()
    expect(y.grad?.data()).toEqual(normal([5, 4], 2).data())
  })

  it('pad puts a value around', () => {
    expect(
      pad(
        tensor([[1, 2]]),
        [
          [1, 0],
          [0, 2],
        ],
        { value: 9 },
      ).toArray(),
    ).toEqual([
      [9, 9, 9, 9],
      [1, 2, 9, 9],
    ])
    expect(pad(int([1]), [[0, 1]]).ints()).toEqual(Int32Array.of(1, 0))
    expect(() => pad(x(), [[1, 1]])).toThrow(ShapeError)
    expect(() => pad(tensor([1]), [[-1, 0]])).toThrow(ShapeError)
    expect(() => pad(tensor([1]), [[1] as never])).toThrow(ShapeError)
  })

  it('tile repeats as in NumPy', () => {
    expect(tile(tensor([1, 2]), [2]).toArray()).toEqual([1, 2, 1, 2])
    expect(tile(tensor([[1], [2]]), [2]).toArray()).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(tile(tensor([1, 2]), [2, 1]).toArray()).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(tile(tensor([1]), [0]).shape).toEqual([0])
    expect(() => tile(tensor([1]), [-1])).toThrow(ShapeError)
  })

  it('roll shifts around, by any distance', () => {
    expect(roll(tensor([1, 2, 3]), 1).toArray()).toEqual([3, 1, 2])
    expect(roll(tensor([1, 2, 3]), -4).toArray()).toEqual([2, 3, 1])
    expect(roll(tensor([1, 2, 3]), 3).toArray()).toEqual([1, 2, 3])
    expect(roll(x(), 1).toArray()).toEqual([
      [6, 1, 2],
      [3, 4, 5],
    ])
    expect(roll(x(), 1, { axis: 1 }).toArray()).toEqual([
      [3, 1, 2],
      [6, 4, 5],
    ])
    expect(roll(zeros([0]), 2).shape).toEqual([0])
  })

  it('tril and triu keep one side of a diagonal, in any element type', () => {
    const y = tensor([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ])
    expect(tril(y).toArray()).toEqual([
      [1, 0, 0],
      [4, 5, 0],
      [7, 8, 9],
    ])
    expect(triu(y, { diagonal: 1 }).toArray()).toEqual([
      [0, 2, 3],
      [0, 0, 6],
      [0, 0, 0],
    ])
    expect(tril(y, { diagonal: -1 }).sum().item()).toBe(19)
    expect(tril(y.greater(0)).dtype).toBe('bool')
    expect(
      triu(
        int([
          [1, 2],
          [3, 4],
        ]),
      ).ints(),
    ).toEqual(Int32Array.of(1, 2, 0, 4))
    expect(() => tril(tensor([1]))).toThrow(ShapeError)
  })
})
