import { cumprod, eye, linalg, type Tensor, tensor } from '../../src/index.ts'
import { normal } from '../setup/numbers.ts'
import type { Row } from './table.ts'

/** Matrices that are far from singular. */
const regular = (shape: readonly number[], seed: number): Tensor =>
  normal(shape, seed).add(eye(shape[shape.length - 1]).mul(4))

const covariance = (x: Tensor): Tensor => x.matmul(x, { transposeB: true }).add(eye(x.shape[x.rank - 1]))

/** Factorisations of matrices, and running products. */
export const linalgRows: Readonly<Record<string, Row>> = {
  inverse: [{ call: x => linalg.inverse(x), inputs: [regular([2, 3, 3], 1)] }],
  solve: [
    { call: (a, b) => linalg.solve(a, b), inputs: [regular([3, 3], 1), normal([3, 2], 2)] },
    { call: (a, b) => linalg.solve(a, b), inputs: [regular([2, 2, 2], 1), normal([2], 2)] },
  ],
  determinant: [
    { call: x => linalg.determinant(x), inputs: [regular([2, 3, 3], 1)] },
    {
      call: x => linalg.determinant(x),
      inputs: [
        tensor([
          [
            [1, 2],
            [2, 4],
          ],
          [
            [0, 0],
            [0, 0],
          ],
        ]),
      ],
    },
  ],
  logDeterminant: [{ call: x => linalg.logDeterminant(x).logAbs, inputs: [regular([3, 3], 1)] }],
  determinantSign: [{ call: x => linalg.logDeterminant(x).sign, inputs: [regular([2, 3, 3], 1)] }],
  cholesky: [{ call: x => linalg.cholesky(covariance(x)), inputs: [normal([2, 3, 3], 1)] }],
  qr: [
    {
      call: x => {
        const { q, r } = linalg.qr(x)
        return [q, r]
      },
      inputs: [normal([2, 4, 3], 1)],
    },
    { call: x => linalg.qr(x).r, inputs: [normal([2, 3], 3)] },
  ],
  cumprod: [
    { call: x => cumprod(x, { axis: 1 }), inputs: [normal([2, 4, 2])] },
    {
      call: x => cumprod(x, { axis: 0 }),
      inputs: [
        tensor([
          [1, 2],
          [0, 3],
          [4, 0],
          [2, 0],
        ]),
      ],
    },
  ],
}
