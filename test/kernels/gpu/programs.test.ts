import { describe, expect, it } from 'vitest'
import { bufferForm } from '../../../kernels/gpu/buffers.ts'
import { type ProductForm, type ProductOp, resultColumns } from '../../../kernels/gpu/program.ts'
import { textureForm } from '../../../kernels/gpu/textures.ts'
import { Generator } from '../../../src/index.ts'
import { type Matrix, runProgram } from './run-program.ts'

const OPS: readonly ProductOp[] = ['nn', 'nt', 'tn', 'tt']
const isTransposedA = (op: ProductOp): boolean => op[0] === 't'
const isTransposedB = (op: ProductOp): boolean => op[1] === 't'

const random = (rows: number, cols: number, seed: number): Matrix => ({
  ...{ rows, cols, lanes: 1 },
  values: new Generator(seed).normal(rows * cols),
})

/** C of the form's programs, without the padding. */
function multiply(
  form: ProductForm,
  op: ProductOp,
  m: number,
  n: number,
  k: number,
  a: Matrix,
  b: Matrix,
): number[] {
  const load = (x: Matrix): Matrix => runProgram(form.load(x.rows, x.cols), [x])
  let left = load(a)
  if (isTransposedA(op) && form.transpose !== null) left = runProgram(form.transpose(a.rows, a.cols), [left])
  const { values } = runProgram(form.multiply(op, { m, n, k }), [left, load(b)])
  const width = resultColumns(n)
  expect(values.length).toBe(m * width)
  return Array.from({ length: m * n }, (_, i) => values[Math.floor(i / n) * width + (i % n)])
}

function expected(op: ProductOp, m: number, n: number, k: number, a: Matrix, b: Matrix): number[] {
  const at = (x: Matrix, row: number, col: number): number => x.values[row * x.cols + col]
  return Array.from({ length: m * n }, (_, i) => {
    const [row, col] = [Math.floor(i / n), i % n]
    let sum = 0
    for (let j = 0; j < k; j++) {
      const left = isTransposedA(op) ? at(a, j, row) : at(a, row, j)
      sum += left * (isTransposedB(op) ? at(b, col, j) : at(b, j, col))
    }
    return sum
  })
}

describe.each([
  ['textures', textureForm],
  ['buffers', bufferForm],
] as const)('the kernels for %s', (_, form) => {
  it.each(OPS)('give the product %s for all remainders of four', op => {
    for (const m of [1, 2, 5, 8]) {
      for (const n of [1, 3, 4, 6, 9]) {
        for (const k of [1, 2, 3, 4, 7, 12]) {
          const a = isTransposedA(op) ? random(k, m, 1) : random(m, k, 1)
          const b = isTransposedB(op) ? random(n, k, 2) : random(k, n, 2)
          const want = expected(op, m, n, k, a, b)
          multiply(form, op, m, n, k, a, b).forEach((value, i) => {
            expect(value, `${op} ${m}×${k}×${n} [${i}]`).toBeCloseTo(want[i], 5)
          })
        }
      }
    }
  })

  it('go on beyond the thousand turns that gpu.js gives a loop over an argument', () => {
    const [a, b] = [random(1, 1001, 1), random(1001, 1, 2)]
    const [want] = expected('nn', 1, 1, 1001, a, b)
    expect(multiply(form, 'nn', 1, 1, 1001, a, b)[0]).toBeCloseTo(want, 3)
    for (const op of OPS) {
      const { source } = form.multiply(op, { m: 3, n: 3, k: 2000 })
      expect(source.match(/i < this\.constants\.\w+;/g)).toHaveLength(1)
    }
  })

  it('have a key for each operation and size, and one text for one key', () => {
    const texts = new Map<string, string>()
    for (const op of OPS) {
      for (const [m, n, k] of [
        [2, 3, 4],
        [3, 2, 4],
        [2, 4, 3],
        [4, 3, 2],
      ]) {
        const { key, source, constants, output } = form.multiply(op, { m, n, k })
        const text = JSON.stringify([source, constants, output])
        expect(texts.get(key) ?? text).toBe(text)
        texts.set(key, text)
      }
    }
    expect(texts.size).toBeGreaterThanOrEqual(8)
  })

  it('leave the result of a load to its owner, and that of a product to the next call', () => {
    expect(form.load(2, 3).immutable).toBe(true)
    expect(form.multiply('nn', { m: 1, n: 1, k: 1 }).immutable).toBe(false)
  })
})

describe('a matrix in texels', () => {
  it('ends in zeros, so that whole texels can be multiplied', () => {
    const { values } = runProgram(textureForm.load(2, 5), [random(2, 5, 3)])
    expect([...values.subarray(5, 8), ...values.subarray(13, 16)]).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('turns round to what the transpose would be loaded as', () => {
    const a = random(5, 7, 4)
    const turned = {
      ...{ rows: 7, cols: 5, lanes: 1 as const },
      values: Float32Array.from({ length: 35 }, (_, i) => a.values[(i % 5) * 7 + Math.floor(i / 5)]),
    }
    const transpose = textureForm.transpose?.(5, 7)
    if (transpose === undefined) expect.fail('there is no transpose')
    const got = runProgram(transpose, [runProgram(textureForm.load(5, 7), [a])])
    expect(got).toEqual(runProgram(textureForm.load(7, 5), [turned]))
  })
})
