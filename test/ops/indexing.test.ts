import { describe, expect, it } from 'vitest'
import {
  argsort,
  bincount,
  cumprod,
  diag,
  gatherNd,
  grad,
  gradcheck,
  index,
  indexAdd,
  maskedFill,
  maskedSelect,
  nonzero,
  scatter,
  scatterNd,
  type ScatterReduction,
  ShapeError,
  take,
  type Tensor,
  tensor,
  unique,
  ValueError,
  valueAndGrad,
  zeros,
} from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { distinct, expectClose, int, normal } from '../setup/numbers.ts'

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
])

/** The first and second gradients of a function are those that differences give. */
const checked = (call: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): number =>
  gradcheck(call, inputs, { order: 2 })

describe.each(devices)('masks on %s', device => {
  useDevice(device)
  const mask = tensor([
    [true, false, true],
    [false, true, false],
  ])

  it('select, row by row', () => {
    expect(maskedSelect(x, mask).toArray()).toEqual([1, 3, 5])
    expect(maskedSelect(x, tensor([false, true, true])).toArray()).toEqual([2, 3, 5, 6])
    expect(maskedSelect(x, x.greater(9)).shape).toEqual([0])
    expect(maskedSelect(int([1, 2]), tensor([false, true])).dtype).toBe('int32')
  })

  it('fill with a number or a tensor', () => {
    expect(maskedFill(x, mask, -1).toArray()).toEqual([
      [-1, 2, -1],
      [4, -1, 6],
    ])
    expect(maskedFill(x, mask, tensor([7, 8, 9])).toArray()).toEqual([
      [7, 2, 9],
      [4, 8, 6],
    ])
    expect(maskedFill(int([1, 2]), tensor([false, true]), 0).dtype).toBe('int32')
    expect(maskedFill(mask, mask, 0).dtype).toBe('bool')
  })

  it('are found as coordinates', () => {
    expect(nonzero(mask).toArray()).toEqual([
      [0, 0],
      [0, 2],
      [1, 1],
    ])
    expect(nonzero(tensor(3)).shape).toEqual([1, 0])
    expect(nonzero(zeros([2, 2])).shape).toEqual([0, 2])
  })

  it('pass gradients to what they chose', () => {
    checked(a => maskedSelect(a, mask), normal([2, 3]))
    checked((a, b) => maskedFill(a, mask, b), normal([2, 3], 1), normal([3], 2))
  })
})

describe.each(devices)('picking on %s', device => {
  useDevice(device)

  it('takes from the flattened tensor, from the end too', () => {
    expect(
      take(
        x,
        int([
          [0, -1],
          [3, 3],
        ]),
      ).toArray(),
    ).toEqual([
      [1, 6],
      [4, 4],
    ])
    checked(
      a =>
        take(
          a,
          int([
            [1, 1],
            [-1, 3],
          ]),
        ),
      normal([2, 3]),
    )
  })

  it('gathers elements and blocks by coordinates', () => {
    expect(
      gatherNd(
        x,
        int([
          [0, 1],
          [-1, 2],
        ]),
      ).toArray(),
    ).toEqual([2, 6])
    expect(gatherNd(x, int([[[1]], [[0]]])).toArray()).toEqual([[[4, 5, 6]], [[1, 2, 3]]])
    checked(a => gatherNd(a, int([[1], [-1], [1]])), normal([3, 2]))
  })

  // Shapes and numbers of NumPy for the same expressions.
  it('indexes as NumPy does', () => {
    const cube = tensor(
      Float32Array.from({ length: 24 }, (_, i) => i),
      { shape: [2, 3, 4] },
    )
    expect(index(cube, [1, 2, 3]).item()).toBe(23)
    expect(index(cube, [int([0, 1]), null, int([3, 1])]).toArray()).toEqual([
      [3, 7, 11],
      [13, 17, 21],
    ])
    expect(index(cube, [null, int([[0, -1]])]).shape).toEqual([2, 1, 2, 4])
    expect(index(cube, [null, int([2, 0]), int([[1], [0]])]).toArray()).toEqual([
      [
        [9, 1],
        [8, 0],
      ],
      [
        [21, 13],
        [20, 12],
      ],
    ])
    expect(index(cube, [null, tensor([true, false, true]), 0]).toArray()).toEqual([
      [0, 8],
      [12, 20],
    ])
    expect(index(cube, [null])).toBe(cube)
  })

  it('adds up the gradients of what was picked more than once', () => {
    const gradient = grad((a: Tensor) => index(a, [null, int([1, 1, 0])]).sum())(x)
    expect(gradient.toArray()).toEqual([
      [1, 2, 0],
      [1, 2, 0],
    ])
    checked(a => index(a, [int([[0], [1]]), null, int([1, 1, 0])]), normal([2, 2, 3]))
  })

  it('sorts positions', () => {
    expect(argsort(tensor([3, 1, 2]), { descending: true }).toArray()).toEqual([0, 2, 1])
  })
})

describe.each(devices)('writing on %s', device => {
  useDevice(device)
  const base = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ])
  const source = tensor([
    [10, 3],
    [0.5, -2],
  ])
  const places = int([
    [0, 2],
    [0, 1],
  ])
  const slope = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ])

  // Values and gradients of PyTorch 1.13's scatter_reduce.
  it.each<[ScatterReduction, number[], number[], number[]]>([
    ['add', [11.5, 2, 3, 2, 5, 9], [1, 2, 3, 4, 5, 6], [1, 6, 1, 4]],
    ['mul', [5, 2, 3, -8, 5, 18], [5, 2, 3, -8, 5, 18], [0.5, 36, 10, 16]],
    ['max', [10, 2, 3, 4, 5, 6], [0, 2, 3, 4, 5, 6], [1, 0, 0, 0]],
    ['min', [0.5, 2, 3, -2, 5, 3], [0, 2, 3, 0, 5, 0], [0, 6, 1, 4]],
    ['none', [0.5, 2, 3, -2, 5, 3], [0, 2, 3, 0, 5, 0], [0, 6, 1, 4]],
  ])('combines by %s', (reduction, want, toBase, toSource) => {
    const call = (a: Tensor, s: Tensor): Tensor => scatter(a, places, s, { axis: 0, reduction })
    expectClose(call(base, source), want)
    const { gradients } = valueAndGrad((a: Tensor, s: Tensor) => call(a, s).mul(slope).sum())(base, source)
    expectClose(gradients[0], toBase)
    expectClose(gradients[1], toSource)
  })

  it.each<ScatterReduction>(['none', 'add', 'mul', 'max', 'min'])(
    'has gradients of both orders: %s',
    reduction => {
      checked(
        (a, s) => scatter(a, places, s, { axis: 0, reduction }),
        distinct([3, 2], 1),
        distinct([2, 2], 2, 0.37),
      )
      checked(
        (a, s) => scatterNd(a, int([[0], [2], [0]]), s, { reduction }),
        distinct([3, 2], 1),
        distinct([3, 2], 2, 0.37),
      )
    },
  )

  it('writes blocks by coordinates', () => {
    expect(
      scatterNd(
        zeros([2, 2]),
        int([
          [1, 0],
          [0, -1],
        ]),
        tensor([5, 6]),
      ).toArray(),
    ).toEqual([
      [0, 6],
      [5, 0],
    ])
    expect(scatterNd(zeros([2, 2]), int([[1]]), tensor([[7, 8]])).toArray()).toEqual([
      [0, 0],
      [7, 8],
    ])
    expect(scatterNd(int([1, 2]), zeros([0, 1], { dtype: 'int32' }), zeros([0])).toArray()).toEqual([1, 2])
  })

  it('adds slices along an axis', () => {
    const rows = tensor([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    expect(indexAdd(zeros([2, 2]), int([1, -1, 0]), rows).toArray()).toEqual([
      [3, 3],
      [3, 3],
    ])
    expect(indexAdd(zeros([2, 2]), int([1]), tensor([[5], [6]]), { axis: 1 }).toArray()).toEqual([
      [0, 5],
      [0, 6],
    ])
    checked((a, s) => indexAdd(a, int([0, 0]), s, { axis: 1 }), normal([2, 3], 1), normal([2, 2], 2))
  })

  it('makes matrices from diagonals, and back', () => {
    expect(diag(tensor([1, 2]), { diagonal: -1 }).toArray()).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
    ])
    expect(diag(x, { diagonal: 1 }).toArray()).toEqual([2, 6])
    expect(diag(x, { diagonal: -5 }).shape).toEqual([0])
    expect(diag(tensor([true, false])).dtype).toBe('bool')
    checked(a => diag(a, { diagonal: 1 }), normal([3]))
    checked(a => diag(a, { diagonal: -1 }), normal([2, 3, 2]))
  })
})

describe('counting', () => {
  it('finds the different elements', () => {
    const { values, inverse, counts } = unique(
      tensor([
        [3, 1],
        [Number.NaN, 3],
        [-1, Number.NaN],
      ]),
    )
    expect(values.toArray()).toEqual([-1, 1, 3, Number.NaN])
    expect(inverse.toArray()).toEqual([
      [2, 1],
      [3, 2],
      [0, 3],
    ])
    expect(counts.toArray()).toEqual([1, 1, 2, 2])
  })

  it('counts whole numbers, with weights too', () => {
    expect(bincount(int([1, 3, 1])).toArray()).toEqual([0, 2, 0, 1])
    expect(bincount(int([1, 0]), { count: 4 }).toArray()).toEqual([1, 1, 0, 0])
    expect(bincount(zeros([0], { dtype: 'int32' })).shape).toEqual([0])
    expect(bincount(int([1, 0, 1]), { weights: tensor([0.5, 2, 3]) }).toArray()).toEqual([2, 3.5])
    checked(w => bincount(int([1, 0, 1]), { weights: w }), normal([3]))
  })

  // PyTorch 1.13's cumprod.
  it('multiplies up to each element, zeros included', () => {
    const factors = tensor([
      [2, 0, 3, 4],
      [1, 5, 0, 0],
    ])
    const weights = tensor([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ])
    expect(cumprod(factors, { axis: 1 }).toArray()).toEqual([
      [2, 0, 0, 0],
      [1, 5, 0, 0],
    ])
    expect(grad((a: Tensor) => cumprod(a, { axis: 1 }).mul(weights).sum())(factors).toArray()).toEqual([
      [1, 118, 0, 0],
      [35, 6, 35, 0],
    ])
    expect(cumprod(int([2, 3]), { axis: 0 }).dtype).toBe('int32')
  })
})

describe('indexing refuses', () => {
  it.each<[string, () => unknown, string]>([
    ['a position out of range', () => take(x, int([6])), 'take'],
    ['too many coordinates', () => gatherNd(x, int([[0, 0, 0]])), '1 ≤ k ≤ 2'],
    ['a coordinate out of range', () => gatherNd(x, int([[0, 3]])), 'along axis 1 the index 3'],
    ['too many indices', () => index(x, [0, 0, 0]), '3 axes of [2, 3]'],
    ['a mask of another shape', () => index(x, [tensor([true])]), 'mask of the shape [2]'],
    ['an index that is no array', () => index(x, 3 as never), 'takes an array'],
    ['indices that do not broadcast', () => index(x, [int([0, 1]), int([0, 1, 2])]), 'cannot broadcast'],
    [
      'an unknown reduction',
      () => scatter(x, int([[0]]), zeros([1, 1]), { reduction: 'sum' as never }),
      '"sum"',
    ],
    ['a source that does not fit', () => scatterNd(x, int([[0]]), zeros([1, 2])), 'needs a source [1, 3]'],
    ['slices that do not fit', () => indexAdd(x, int([0]), zeros([2, 3])), 'needs a source [1, 3]'],
    ['negative numbers to count', () => bincount(int([-1])), 'the number -1'],
    ['weights that do not fit', () => bincount(int([1]), { weights: zeros([2]) }), 'one weight per number'],
    ['no axis', () => cumprod(x, undefined as never), 'has no axis undefined'],
    ['the diagonal of a scalar', () => diag(tensor(1)), 'needs a vector'],
  ])('%s', (_, run, text) => {
    const error = errorOf(run)
    expect(error instanceof ShapeError || error instanceof ValueError).toBe(true)
    expect(error.message).toContain(text)
  })
})
