import { describe, expect, it } from 'vitest'
import { einsum, matmul, outer, ShapeError, type Tensor, tensor, ValueError, zeros } from '../../src/index.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, leaf, normal } from '../setup/numbers.ts'

/** One matrix product by its definition. */
function product(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map(row => b[0].map((_, j) => row.reduce((sum, value, p) => sum + value * b[p][j], 0)))
}

/** A tensor as a list of matrices, its leading axes flattened. */
const matrices = (x: Tensor): number[][][] =>
  x.reshape([-1, x.shape[x.rank - 2], x.shape[x.rank - 1]]).toArray() as number[][][]

describe.each(devices)('matmul on %s', device => {
  useDevice(device)

  it.each([
    [1, 1, 1],
    [2, 3, 4],
    [5, 8, 7],
    [17, 9, 33],
    [64, 300, 5],
    [1, 70, 40],
    [40, 70, 1],
    [33, 1, 65],
  ])('multiplies %i×%i by %i columns, each operand straight or transposed', (m, k, n) => {
    const [a, b] = [normal([m, k], 1), normal([k, n], 2)]
    const want = product(matrices(a)[0], matrices(b)[0]).flat()
    const tolerance = 3e-5
    expectClose(matmul(a, b), want, tolerance)
    expectClose(matmul(a.transpose(), b, { transposeA: true }), want, tolerance)
    expectClose(matmul(a, b.transpose(), { transposeB: true }), want, tolerance)
    const both = { transposeA: true, transposeB: true }
    expectClose(matmul(a.transpose(), b.transpose(), both), want, tolerance)
  })

  it.each([
    [[3], [3], []],
    [[3], [3, 2], [2]],
    [[2, 3], [3], [2]],
    [[4, 2, 3], [3], [4, 2]],
    [[3], [4, 3, 2], [4, 2]],
    [
      [4, 2, 3],
      [3, 5],
      [4, 2, 5],
    ],
    [
      [2, 3],
      [4, 3, 5],
      [4, 2, 5],
    ],
    [
      [4, 2, 3],
      [4, 3, 5],
      [4, 2, 5],
    ],
    [
      [4, 1, 2, 3],
      [6, 3, 5],
      [4, 6, 2, 5],
    ],
    [
      [1, 2, 3],
      [7, 3, 1],
      [7, 2, 1],
    ],
  ])('broadcasts %j with %j', (left, right, shape) => {
    const [a, b] = [normal(left, 1), normal(right, 2)]
    const got = matmul(a, b)
    expect(got.shape).toEqual(shape)
    // By the definition, with every operand made a full batch first.
    const rows = left.length === 1 ? a.reshape([1, left[0]]) : a
    const columns = right.length === 1 ? b.reshape([right[0], 1]) : b
    const batch = shape.slice(0, shape.length - (left.length > 1 ? 1 : 0) - (right.length > 1 ? 1 : 0))
    const p = matrices(rows.broadcastTo([...batch, ...rows.shape.slice(-2)]))
    const q = matrices(columns.broadcastTo([...batch, ...columns.shape.slice(-2)]))
    expectClose(got, p.flatMap((matrix, i) => product(matrix, q[i])).flat(), 5e-6)
  })

  it('is zero for an empty inner size, and empty for an empty outer one', () => {
    expect(matmul(zeros([2, 0]), zeros([0, 3])).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
    expect(matmul(zeros([0, 2]), zeros([2, 3])).shape).toEqual([0, 3])
    expect(
      matmul(zeros([4, 2, 0]), zeros([4, 0, 3]))
        .sum()
        .item(),
    ).toBe(0)
    expect(matmul(zeros([0, 2, 3]), zeros([3, 4])).shape).toEqual([0, 2, 4])
    const a = leaf(zeros([2, 0]))
    matmul(a, zeros([0, 3]))
      .sum()
      .backward()
    expect(a.grad?.shape).toEqual([2, 0])
  })

  it('sums gradients over the batch that an operand was repeated along', () => {
    const [a, b] = [leaf(normal([5, 2, 3], 1)), leaf(normal([3, 4], 2))]
    matmul(a, b).sum().backward()
    expect(b.grad?.shape).toEqual([3, 4])
    const columns = a
      .detach()
      .sum({ axis: [0, 1] })
      .data()
    const grad = b.grad?.toArray() as number[][]
    for (let i = 0; i < 3; i++) expect(grad[i][0]).toBeCloseTo(columns[i], 4)
  })

  it('names both shapes when the inner sizes differ', () => {
    expect(() => matmul(zeros([2, 3]) as Tensor, zeros([5, 4]))).toThrow(ShapeError)
    expect(() => matmul(zeros([2, 3]) as Tensor, zeros([5, 4]))).toThrow(/\[2, 3\] · \[5, 4\] \(3 ≠ 5\)/)
    expect(() => matmul(tensor(2) as Tensor, zeros([5, 4]))).toThrow(/operands with axes/)
    expect(() => matmul(zeros([2, 3, 4]) as Tensor, zeros([5, 4, 2]))).toThrow(/broadcast/)
  })

  it('takes whole numbers as float32', () => {
    expect(matmul(tensor([[1, 2]], { dtype: 'int32' }), tensor([[3], [4]])).toArray()).toEqual([[11]])
  })

  it('makes outer products of vectors', () => {
    expect(outer(tensor([1, 2]), tensor([3, 4, 5])).toArray()).toEqual([
      [3, 4, 5],
      [6, 8, 10],
    ])
    expect(() => outer(zeros([2, 1]), zeros([2]))).toThrow(ShapeError)
  })
})

describe.each(devices)('einsum on %s', device => {
  useDevice(device)
  const [a, b] = [normal([3, 4], 1), normal([4, 5], 2)]

  it.each<[string, () => Tensor[], () => Tensor]>([
    ['ij,jk->ik', () => [a, b], () => matmul(a, b)],
    ['ij,jk', () => [a, b], () => matmul(a, b)],
    ['ij,jk->ki', () => [a, b], () => matmul(a, b).transpose()],
    ['ij->ji', () => [a], () => a.transpose()],
    ['ij->', () => [a], () => a.sum()],
    ['ij->j', () => [a], () => a.sum({ axis: 0 })],
    ['ij,ij->', () => [a, a], () => a.square().sum()],
    ['ij,ij->ij', () => [a, a], () => a.square()],
    ['i,j->ij', () => [normal([2]), normal([3])], () => outer(normal([2]), normal([3]))],
    [
      'i,i',
      () => [normal([5]), normal([5], 2)],
      () =>
        normal([5])
          .mul(normal([5], 2))
          .sum(),
    ],
    [
      'bij,bjk->bik',
      () => [normal([2, 3, 4]), normal([2, 4, 5], 2)],
      () => matmul(normal([2, 3, 4]), normal([2, 4, 5], 2)),
    ],
    ['ij,jk,kl->il', () => [a, b, normal([5, 2], 3)], () => matmul(matmul(a, b), normal([5, 2], 3))],
    [' i j , j -> i ', () => [a, normal([4], 3)], () => matmul(a, normal([4], 3))],
    [',ij->ij', () => [tensor(2), a], () => a.mul(2)],
  ])('reads "%s"', (equation, inputs, want) => {
    expectClose(einsum(equation, ...inputs()), want(), 5e-6)
  })

  it('takes diagonals and traces', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(einsum('ii->i', x).toArray()).toEqual([1, 4])
    expect(einsum('ii', x).item()).toBe(5)
    expectClose(einsum('iij->j', normal([3, 3, 2])), einsum('ij->j', einsum('iij->ij', normal([3, 3, 2]))))
  })

  it('has gradients', () => {
    const [p, q] = [leaf(a), leaf(b)]
    einsum('ij,jk->k', p, q).sum().backward()
    expectClose(p.grad as Tensor<[3, 4]>, q.detach().sum({ axis: 1 }).broadcastTo([3, 4]), 5e-6)
  })

  it('names what is wrong with an equation', () => {
    expect(() => einsum('ij,jk->ik', a)).toThrow(/1 tensors for the 2 operands/)
    expect(() => einsum('ij->ik', a)).toThrow(/cannot make axis "k"/)
    expect(() => einsum('ij->ii', a)).toThrow(ValueError)
    expect(() => einsum('i1->i', a)).toThrow(/cannot read/)
    expect(() => einsum('ijk->i', a)).toThrow(ShapeError)
    expect(() => einsum('ij,ij->', a, b)).toThrow(/sizes 3 ≠ 4/)
  })
})
