import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  gather,
  logSoftmax,
  oneHot,
  scatterAdd,
  ShapeError,
  softmax,
  sort,
  takeAlongAxis,
  tensor,
  topk,
  ValueError,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, int, leaf, normal } from '../setup/numbers.ts'

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

describe.each(devices)('picking elements on %s', device => {
  useDevice(device)
  const x = (): ReturnType<typeof tensor> =>
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ])

  it('gather picks slices, repeated ones and ones counted from the end', () => {
    expect(gather(x(), int([2, 0, -1, 2])).toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
      [5, 6],
    ])
    expect(gather(x(), int([1, 1]), { axis: -1 }).toArray()).toEqual([
      [2, 2],
      [4, 4],
      [6, 6],
    ])
    expect(
      gather(
        x(),
        int([
          [0, 1],
          [2, 0],
        ]),
      ).shape,
    ).toEqual([2, 2, 2])
    expect(gather(x(), int(1)).toArray()).toEqual([3, 4])
    expect(gather(x(), int([])).shape).toEqual([0, 2])
    expect(gather(int([5, 6]), int([1])).ints()).toEqual(Int32Array.of(6))
  })

  it('gather adds up the gradients of repeated slices', () => {
    const y = leaf(x())
    gather(y, int([2, 2, 0, -1]))
      .sum()
      .backward()
    expect(y.grad?.toArray()).toEqual([
      [1, 1],
      [0, 0],
      [3, 3],
    ])
  })

  it('names the first index that is out of range', () => {
    for (const [index, message] of [
      [int([0, 3]), /index 3 at position 1, but there are 3 \(0 … 2\)/],
      [int([-4]), /index -4 at position 0/],
      [tensor([0.5]), /whole numbers/],
      [tensor([nan]), /index NaN/],
    ] as const) {
      expect(() => gather(x(), index)).toThrow(ValueError)
      expect(() => gather(x(), index)).toThrow(message)
    }
    expect(() => gather(x(), tensor([true]))).toThrow(DTypeError)
    expect(() => gather(zeros([0, 2]), int([0]))).toThrow(ValueError)
  })

  it('refuses a backward after its index was changed in place', () => {
    const index = int([0, 1])
    const y = gather(leaf(x()), index).sum()
    index.assign(int([1, 1]))
    expect(() => y.backward()).toThrow(/changed in place/)
  })

  it('takeAlongAxis picks one element per index', () => {
    expect(takeAlongAxis(x(), int([[1], [0], [-1]])).toArray()).toEqual([[2], [3], [6]])
    expect(takeAlongAxis(x(), int([[2, 0]]), { axis: 0 }).toArray()).toEqual([[5, 2]])
    const y = leaf(x())
    takeAlongAxis(
      y,
      int([
        [0, 0, 1],
        [1, 1, 1],
        [0, 1, 0],
      ]),
    )
      .sum()
      .backward()
    expect(y.grad?.toArray()).toEqual([
      [2, 1],
      [0, 3],
      [2, 1],
    ])
    expect(() => takeAlongAxis(x(), int([0, 1]))).toThrow(ShapeError)
    expect(() => takeAlongAxis(x(), int([[0], [0], [0], [0]]))).toThrow(ShapeError)
    expect(() => takeAlongAxis(x(), int([[2], [0], [0]]))).toThrow(/but there are 2/)
  })

  it('scatterAdd adds repeated places up, and leaves its input alone', () => {
    const base = zeros([3, 2])
    const index = int([
      [0, 0],
      [1, -1],
    ])
    const source = leaf(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    )
    const target = leaf(base)
    const y = scatterAdd(target, index, source)
    expect(y.toArray()).toEqual([
      [3, 0],
      [0, 7],
      [0, 0],
    ])
    expect(base.sum().item()).toBe(0)
    y.mul(x()).sum().backward()
    expect(source.grad?.toArray()).toEqual([
      [1, 1],
      [4, 4],
    ])
    expect(target.grad?.toArray()).toEqual(x().toArray())
    expect(() => scatterAdd(base, index, tensor([[1, 2, 3]]))).toThrow(ShapeError)
  })

  it('oneHot marks the class', () => {
    expect(oneHot(int([2, 0]), 3).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ])
    expect(oneHot(int([[1]]), 2).shape).toEqual([1, 1, 2])
    expect(() => oneHot(int([-1]), 3)).toThrow(ValueError)
    expect(() => oneHot(int([3]), 3)).toThrow(/class 3/)
    expect(() => oneHot(tensor([nan]), 3)).toThrow(ValueError)
  })
})

describe.each(devices)('sort and topk on %s', device => {
  useDevice(device)

  it('sort stably, with NaN as the largest', () => {
    const x = tensor([3, nan, 1, 3, -infinity, infinity])
    const rising = sort(x)
    expect([...rising.values.data()]).toEqual([-infinity, 1, 3, 3, infinity, nan])
    expect(rising.indices.toArray()).toEqual([4, 2, 0, 3, 5, 1])
    const falling = sort(x, { descending: true })
    expect([...falling.values.data()]).toEqual([nan, infinity, 3, 3, 1, -infinity])
    expect(falling.indices.toArray()).toEqual([1, 5, 0, 3, 2, 4])
  })

  it('sort along any axis, with gradients to where the values came from', () => {
    const x = leaf(
      tensor([
        [3, 1],
        [2, 5],
      ]),
    )
    const { values } = sort(x, { axis: 0 })
    expect(values.toArray()).toEqual([
      [2, 1],
      [3, 5],
    ])
    values
      .mul(
        tensor([
          [10, 20],
          [30, 40],
        ]),
      )
      .sum()
      .backward()
    expect(x.grad?.toArray()).toEqual([
      [30, 20],
      [10, 40],
    ])
    expect(sort(int([2, 1])).values.ints()).toEqual(Int32Array.of(1, 2))
    expect(sort(zeros([0])).values.shape).toEqual([0])
  })

  it('topk takes the best, first of equals first', () => {
    const x = tensor([
      [1, 4, 4, 2],
      [nan, 0, 9, 8],
    ])
    const best = topk(x, { k: 2 })
    expect([...best.values.data()]).toEqual([4, 4, nan, 9])
    expect(best.indices.toArray()).toEqual([
      [1, 2],
      [0, 2],
    ])
    expect(topk(x, { k: 1, largest: false, axis: 0 }).indices.toArray()).toEqual([[0, 1, 0, 0]])
    expect(topk(x, { k: 0 }).values.shape).toEqual([2, 0])
    for (const k of [5, -1, 1.5]) expect(() => topk(x, { k })).toThrow(ValueError)
  })
})

describe.each(devices)('softmax on %s', device => {
  useDevice(device)

  it('sums to 1 along any axis, also for huge numbers', () => {
    const x = normal([3, 4, 5]).mul(500)
    for (const axis of [0, 1, 2, -1]) {
      const sums = softmax(x, { axis }).sum({ axis })
      expectClose(sums, new Float32Array(sums.size).fill(1))
      expectClose(logSoftmax(x, { axis }).exp().sum({ axis }), new Float32Array(sums.size).fill(1), 1e-5)
    }
    expect([...softmax(tensor([1e30, 0, -1e30])).data()]).toEqual([1, 0, 0])
    expect(softmax(tensor(3)).item()).toBe(1)
    expect(softmax(zeros([2, 0])).shape).toEqual([2, 0])
    expect(softmax(zeros([0, 3])).shape).toEqual([0, 3])
  })

  it('gives nothing to −∞, and NaN to a row of it', () => {
    expect([...softmax(tensor([0, -infinity])).data()]).toEqual([1, 0])
    expect([...softmax(tensor([-infinity, -infinity])).data()]).toEqual([nan, nan])
  })
})
