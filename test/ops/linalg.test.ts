import { describe, expect, it } from 'vitest'
import { eye, grad, linalg, ones, ShapeError, type Tensor, tensor, ValueError } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { errorOf } from '../setup/errors.ts'
import { expectClose, normal } from '../setup/numbers.ts'

const a = tensor([
  [2, -1, 0.5],
  [1, 3, -2],
  [0.25, 1, 4],
])
const w = tensor([
  [1, 2, 3],
  [-1, 0.5, 2],
  [0.1, 0.2, -0.3],
])
const weighted = (y: Tensor): Tensor => y.mul(w).sum()
const close = (got: Tensor, want: readonly (readonly number[])[]): void => expectClose(got, want.flat(), 3e-6)

// Values and gradients are those of PyTorch 1.13.
describe.each(devices)('linalg on %s', device => {
  useDevice(device)

  it('inverts', () => {
    close(linalg.inverse(a), [
      [0.429119, 0.137931, 0.015326],
      [-0.137931, 0.241379, 0.137931],
      [0.007663, -0.068966, 0.214559],
    ])
    close(grad((x: Tensor) => weighted(linalg.inverse(x)))(a), [
      [-0.368204, -0.251764, -0.166345],
      [-0.019501, -0.234126, -0.16956],
      [0.0198, -0.083868, -0.044638],
    ])
  })

  it('solves systems with several right sides', () => {
    const right = w.slice([null, [0, 2]])
    close(linalg.solve(a, right), [
      [0.29272, 0.930268],
      [-0.365517, -0.127586],
      [0.098084, 0.023755],
    ])
    close(grad((x: Tensor) => linalg.solve(x, right).square().sum())(a), [
      [-0.879292, 0.235633, -0.054489],
      [-0.146409, -0.015462, 0.006159],
      [0.011302, -0.017744, 0.004798],
    ])
  })

  it('gives determinants and their logarithms', () => {
    expect(linalg.determinant(a).item()).toBeCloseTo(32.625, 4)
    close(grad((x: Tensor) => linalg.determinant(x))(a), [
      [14, -4.5, 0.25],
      [4.5, 7.875, -2.25],
      [0.5, 4.5, 7],
    ])
    const { sign, logAbs } = linalg.logDeterminant(a.neg())
    expect(sign.item()).toBe(-1)
    expect(logAbs.item()).toBeCloseTo(3.485079, 5)
  })

  it('factors by Cholesky', () => {
    const factor = (x: Tensor): Tensor => linalg.cholesky(x.matmul(x, { transposeB: true }).add(eye(3)))
    close(factor(a), [
      [2.5, 0, 0],
      [-0.8, 3.789459, 0],
      [0.6, -1.12681, 4.053739],
    ])
    close(grad((x: Tensor) => weighted(factor(x)))(a), [
      [0.190385, -1.286955, 1.128833],
      [-0.575682, 0.816292, -0.340219],
      [0.147488, -0.049298, -0.323763],
    ])
  })

  it('factors by reflections, with the signs of LAPACK', () => {
    const { q, r } = linalg.qr(a)
    close(q, [
      [-0.888889, 0.456861, 0.033981],
      [-0.444444, -0.841983, -0.305832],
      [-0.111111, -0.286954, 0.951479],
    ])
    close(r, [
      [-2.25, -0.555556, 0],
      [0, -3.269764, 0.764581],
      [0, 0, 4.43457],
    ])
    const loss = (x: Tensor): Tensor => {
      const factors = linalg.qr(x)
      return weighted(factors.q).add(factors.r.mul(w.transpose()).sum())
    }
    close(grad(loss)(a), [
      [-2.355997, 1.102261, -0.007711],
      [2.70846, 0.158976, -0.121091],
      [-0.985866, -0.453994, -0.353946],
    ])
  })

  it('reduces tall and wide matrices, whose factors give the matrix back', () => {
    for (const shape of [
      [5, 3],
      [2, 3, 5],
      [1, 4],
      [4, 1],
    ]) {
      const x = normal(shape)
      const { q, r } = linalg.qr(x)
      expectClose(q.matmul(r), x)
      const k = q.shape[q.rank - 1]
      expectClose(q.matmul(q, { transposeA: true }), eye(k).broadcastTo([...shape.slice(0, -2), k, k]))
    }
  })

  it('works on batches, empty ones too', () => {
    const batch = normal([2, 2, 3, 3]).add(eye(3).mul(4))
    expectClose(linalg.inverse(batch).matmul(batch), eye(3).broadcastTo([2, 2, 3, 3]), 5e-6)
    expect(linalg.inverse(ones([0, 3, 3])).shape).toEqual([0, 3, 3])
    expect(linalg.determinant(ones([0, 3, 3])).shape).toEqual([0])
    expect(linalg.determinant(ones([2, 0, 0])).toArray()).toEqual([1, 1])
  })

  it('broadcasts the batches of a system', () => {
    const x = linalg.solve(a, normal([4, 3, 2]))
    expectClose(a.matmul(x), normal([4, 3, 2]), 5e-6)
    expect(linalg.solve(normal([4, 3, 3]), normal([3])).shape).toEqual([4, 3])
    expect(linalg.solve(normal([4, 3, 3]), normal([4, 3])).shape).toEqual([4, 3])
  })
})

describe('linalg of singular matrices', () => {
  const singular = tensor([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ])

  it('has the cofactors as the gradient of the determinant', () => {
    expect(linalg.determinant(singular).item()).toBeCloseTo(0, 5)
    close(grad((x: Tensor) => linalg.determinant(x))(singular), [
      [-3, 6, -3],
      [6, -12, 6],
      [-3, 6, -3],
    ])
  })

  it('gives a logarithm of −∞ and the sign 0', () => {
    const { sign, logAbs } = linalg.logDeterminant(
      tensor([
        [1, 2],
        [2, 4],
      ]),
    )
    expect([sign.item(), logAbs.item()]).toEqual([0, Number.NEGATIVE_INFINITY])
  })

  it('is refused, naming the place in the batch', () => {
    const batch = tensor([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [2, 4],
      ],
    ])
    for (const run of [() => linalg.inverse(batch), () => linalg.solve(batch, ones([2, 2, 1]))]) {
      const error = errorOf(run)
      expect(error).toBeInstanceOf(ValueError)
      expect(error.message).toContain('batch index [1] of [2, 2, 2]')
    }
    expect(errorOf(() => linalg.inverse(singular)).message).toContain('singular')
  })

  it('is told from NaN, which goes through', () => {
    expect(linalg.inverse(tensor([[Number.NaN]])).item()).toBeNaN()
    expect(linalg.determinant(tensor([[Number.NaN]])).item()).toBeNaN()
  })
})

describe('linalg refuses', () => {
  it.each(['inverse', 'determinant', 'logDeterminant', 'cholesky'] as const)(
    'matrices that are not square: %s',
    name => {
      const error = errorOf(() => linalg[name](ones([2, 3])))
      expect(error).toBeInstanceOf(ShapeError)
      expect(error.message).toContain(`linalg.${name} needs square matrices, got [2, 3] (2 ≠ 3).`)
    },
  )

  it.each(['inverse', 'determinant', 'logDeterminant', 'cholesky', 'qr'] as const)('vectors: %s', name => {
    expect(errorOf(() => linalg[name](ones([3]))).message).toContain('needs matrices')
  })

  it('right sides that do not fit', () => {
    expect(errorOf(() => linalg.solve(a, ones([2, 3]))).message).toContain(
      'right sides with 3 rows, got [2, 3]',
    )
    expect(errorOf(() => linalg.solve(a, ones([2]))).message).toContain('got [2] for [3, 3]')
  })

  it('what has no Cholesky factor', () => {
    const indefinite = tensor([
      [1, 2],
      [2, 1],
    ])
    expect(errorOf(() => linalg.cholesky(indefinite)).message).toContain('leading block of 2 rows')
    expect(errorOf(() => linalg.cholesky(a)).message).toContain('needs symmetric matrices')
  })
})
