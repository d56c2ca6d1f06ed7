import {
  type GpuProgram,
  LANES,
  lines,
  type ProductForm,
  type ProductOp,
  type ProductSizes,
  perLane,
  quads,
} from './program.ts'

// WebGL: a matrix is a texture with four neighbours of a row in each texel. One fetch brings four numbers, so the
// product of two textures fetches 5 texels for 16 multiplications, where a plain kernel fetches 32.

const threads = 'const x = this.thread.x; const y = this.thread.y;'
const sums = perLane(lane => `let s${lane} = 0;`)
const result = 'return [s0, s1, s2, s3];'

/** Row-major numbers → texels. Beyond the last column comes 0: a product along the columns may take whole texels. */
function load(rows: number, cols: number): GpuProgram {
  return {
    key: `load ${rows}x${cols}`,
    source: lines(
      'function (a) {',
      threads,
      'const first = x * 4;',
      'let v0 = a[y][first]; let v1 = 0; let v2 = 0; let v3 = 0;',
      ...[1, 2, 3].map(
        lane => `if (first + ${lane} < this.constants.cols) { v${lane} = a[y][first + ${lane}]; }`,
      ),
      'return [v0, v1, v2, v3];',
      '}',
    ),
    output: [quads(cols), rows],
    constants: { cols },
    returnType: 'Array(4)',
    immutable: true,
  }
}

/**
 * Texels of [rows, cols] → texels of [cols, rows]: thread (x, y) picks lane y % 4 of the texels above each other.
 * A lane is picked by weights, since WebGL 1 has no index that is not constant.
 */
function transpose(rows: number, cols: number): GpuProgram {
  const pick = (lane: number): string =>
    `const t${lane} = a[first + ${lane}][texel]; ` +
    `v${lane} = t${lane}[0] * w0 + t${lane}[1] * w1 + t${lane}[2] * w2 + t${lane}[3] * w3;`
  return {
    key: `transpose ${rows}x${cols}`,
    source: lines(
      'function (a) {',
      threads,
      'const first = x * 4; const texel = Math.floor(y / 4); const lane = y - texel * 4;',
      perLane(lane => `let w${lane} = 0;`),
      perLane(lane => `if (lane === ${lane}) { w${lane} = 1; }`),
      perLane(lane => `let v${lane} = 0;`),
      pick(0),
      ...[1, 2, 3].map(lane => `if (first + ${lane} < this.constants.rows) { ${pick(lane)} }`),
      'return [v0, v1, v2, v3];',
      '}',
    ),
    output: [quads(rows), cols],
    constants: { rows },
    returnType: 'Array(4)',
    immutable: true,
  }
}

/** Four rows of B, times the four numbers of A's texel. The rows that are left of K come one by one. */
function alongRows({ m, n, k }: ProductSizes): GpuProgram {
  const rest = k % 4
  const four = perLane(
    lane => `s${lane} += t[0] * r0[${lane}] + t[1] * r1[${lane}] + t[2] * r2[${lane}] + t[3] * r3[${lane}];`,
  )
  const leftOver = LANES.slice(0, rest).map(
    row =>
      `const q${row} = b[this.constants.whole * 4 + ${row}][x]; ` +
      perLane(lane => `s${lane} += last[${row}] * q${row}[${lane}];`),
  )
  return {
    key: `nn ${m}x${k}x${n}`,
    source: lines(
      'function (a, b) {',
      threads,
      sums,
      'for (let i = 0; i < this.constants.whole; i++) {',
      'const t = a[y][i]; const row = i * 4;',
      perLane(lane => `const r${lane} = b[row + ${lane}][x];`),
      four,
      '}',
      rest > 0 ? 'const last = a[y][this.constants.whole];' : '',
      ...leftOver,
      result,
      '}',
    ),
    output: [quads(n), m],
    constants: { whole: (k - rest) / 4 },
    returnType: 'Array(4)',
    immutable: false,
  }
}

/** Rows of A with rows of B, texel by texel: both end in zeros. */
function rowsWithRows({ m, n, k }: ProductSizes): GpuProgram {
  const products = (lane: number): string => LANES.map(i => `t[${i}] * r${lane}[${i}]`).join(' + ')
  return {
    key: `nt ${m}x${k}x${n}`,
    source: lines(
      'function (a, b) {',
      threads,
      sums,
      'const q0 = x * 4;',
      // Beyond the last row of B comes a result that nobody reads; the row must exist all the same.
      ...[1, 2, 3].map(
        lane => `let q${lane} = q0 + ${lane}; if (q${lane} >= this.constants.n) { q${lane} = q0; }`,
      ),
      'for (let i = 0; i < this.constants.texels; i++) {',
      'const t = a[y][i];',
      perLane(lane => `const r${lane} = b[q${lane}][i];`),
      perLane(lane => `s${lane} += ${products(lane)};`),
      '}',
      result,
      '}',
    ),
    output: [quads(n), m],
    constants: { texels: quads(k), n },
    returnType: 'Array(4)',
    immutable: false,
  }
}

/** The form for WebGL 1 and 2, and headless-gl. Where A lies transposed it is turned round first. */
export const textureForm: ProductForm = {
  load,
  transpose,
  multiply: (op: ProductOp, sizes) => (op === 'nt' || op === 'tt' ? rowsWithRows(sizes) : alongRows(sizes)),
}
