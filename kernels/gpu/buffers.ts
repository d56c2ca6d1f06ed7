import {
  type GpuProgram,
  lines,
  type ProductForm,
  type ProductOp,
  type ProductSizes,
  perLane,
  quads,
} from './program.ts'

// WebGPU: a matrix is a buffer of numbers, row-major as it comes. A thread makes four neighbours of a row of C, so it
// reads a number of A once for four multiplications. Every way of lying is read in place: nothing is transposed.

/** A copy that stays on the device. */
function load(rows: number, cols: number): GpuProgram {
  return {
    key: `load ${rows}x${cols}`,
    source: 'function (a) { return a[this.thread.y][this.thread.x]; }',
    output: [cols, rows],
    constants: {},
    returnType: 'Float',
    immutable: true,
  }
}

/** What thread (x, y) multiplies in turn i: one number of A, four of B, from column `q` (row `q` of Bᵀ) on. */
const operands: Readonly<Record<ProductOp, readonly [a: string, b: (lane: number) => string]>> = {
  nn: ['a[y][i]', lane => `b[i][q + ${lane}]`],
  nt: ['a[y][i]', lane => `b[q + ${lane}][i]`],
  tn: ['a[i][y]', lane => `b[i][q + ${lane}]`],
  tt: ['a[i][y]', lane => `b[q + ${lane}][i]`],
}

/** Reads beyond the end of a buffer are harmless here: they end in columns that nobody reads. */
function multiply(op: ProductOp, { m, n, k }: ProductSizes): GpuProgram {
  const [left, right] = operands[op]
  return {
    key: `${op} ${m}x${k}x${n}`,
    source: lines(
      'function (a, b) {',
      'const y = this.thread.y; const q = this.thread.x * 4;',
      perLane(lane => `let s${lane} = 0;`),
      'for (let i = 0; i < this.constants.k; i++) {',
      `const t = ${left};`,
      perLane(lane => `s${lane} += t * ${right(lane)};`),
      '}',
      'return [s0, s1, s2, s3];',
      '}',
    ),
    output: [quads(n), m],
    constants: { k },
    returnType: 'Array(4)',
    immutable: false,
  }
}

/** The form for WebGPU. */
export const bufferForm: ProductForm = { load, transpose: null, multiply }
