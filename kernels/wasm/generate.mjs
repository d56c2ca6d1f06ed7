// Writes generated/micro.ts: the innermost loops of the matrix product, one function per number of rows.
// AssemblyScript has no parametric unrolling, and an engine keeps the sums in registers only when each is a local
// variable and the loop is plain: not unrolled over k, no second loop for a remainder, constant offsets.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Rows that fit the 16 vector registers: a separate multiplication needs one for the product, madd does not. */
const MAX_ROWS = { multiplyAdd: 5, relaxed: 6 }

const range = n => Array.from({ length: n }, (_, i) => i)

const header = `// Written by generate.mjs.
//
// <kind><rows>: a tile of C [rows, 8] = (C +) A·B over k, in the order of k, from zero.
//   strided: A[i, p] is at a + p·aStep + 4i (packed, or a transposed matrix in place)
//   rows:    A[i, p] is at a + i·aStep + 4p (a plain matrix in place)
//   B[p, :] is at b + p·bStep, C[i, :] at c + i·cStep; all steps count bytes.

@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}
`

/** One turn of the loop: row i multiplies the 8 numbers of B by A[i, p]. */
function turn(kind, rows) {
  const lines = ['const b0 = v128.load(b), b1 = v128.load(b, 16);']
  for (const i of range(rows)) {
    const source = kind === 'strided' ? `v128.load32_splat(a, ${4 * i})` : `v128.load32_splat(a${i})`
    lines.push(`${i === 0 ? 'let ' : ''}x = ${source};`)
    lines.push(`c${i}0 = multiplyAdd(x, b0, c${i}0); c${i}1 = multiplyAdd(x, b1, c${i}1);`)
  }
  if (kind === 'strided') lines.push('a += aStep;')
  else for (const i of range(rows)) lines.push(`a${i} += 4;`)
  lines.push('b += bStep;')
  return lines
}

function microKernel(kind, rows) {
  const sums = range(rows).flatMap(i => [`c${i}0`, `c${i}1`])
  const rowPointers =
    kind === 'rows'
      ? [
          `let a0 = a${range(rows - 1)
            .map(i => `, a${i + 1} = a${i} + aStep`)
            .join('')};`,
        ]
      : []
  const eachRow = statement => range(rows).flatMap(i => [...(i > 0 ? ['c += cStep;'] : []), statement(i)])
  const add = i =>
    `v128.store(c, f32x4.add(v128.load(c), c${i}0)); v128.store(c, f32x4.add(v128.load(c, 16), c${i}1), 16);`
  const store = i => `v128.store(c, c${i}0); v128.store(c, c${i}1, 16);`
  const indent = (lines, depth) => lines.map(line => ' '.repeat(depth) + line)
  const body = [
    `let ${sums.map((name, i) => `${name} = ${i === 0 ? 'f32x4.splat(0)' : sums[0]}`).join(', ')};`,
    ...rowPointers,
    'const end = b + <usize>k * bStep;',
    'while (b != end) {',
    ...indent(turn(kind, rows), 2),
    '}',
    'if (accumulate) {',
    ...indent(eachRow(add), 2),
    '} else {',
    ...indent(eachRow(store), 2),
    '}',
  ]
  const relaxedOnly = rows > MAX_ROWS.multiplyAdd
  return [
    `export function ${kind}${rows}(k: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cStep: usize, accumulate: i32): void {`,
    ...(relaxedOnly ? ['  if (ASC_FEATURE_RELAXED_SIMD) {', ...indent(body, 4), '  }'] : indent(body, 2)),
    '}',
  ].join('\n')
}

/** The one function that callers use: picks the micro-kernel for 1 … MR rows. */
function dispatcher(kind) {
  const args = 'k, a, aStep, b, bStep, c, cStep, accumulate'
  const cases = range(MAX_ROWS.relaxed).map(i => `    case ${i + 1}: ${kind}${i + 1}(${args}); break;`)
  return [
    '@inline',
    `export function ${kind}Tile(rows: i32, k: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cStep: usize, accumulate: i32): void {`,
    '  switch (rows) {',
    ...cases,
    '  }',
    '}',
  ].join('\n')
}

export function generate(outDir) {
  const parts = [
    header,
    `export const MAX_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? ${MAX_ROWS.relaxed} : ${MAX_ROWS.multiplyAdd};`,
  ]
  for (const kind of ['strided', 'rows']) {
    for (const i of range(MAX_ROWS.relaxed)) parts.push(microKernel(kind, i + 1))
    parts.push(dispatcher(kind))
  }
  writeFileSync(join(outDir, 'micro.ts'), parts.join('\n') + '\n')
}
