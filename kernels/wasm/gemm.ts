// Matrix product C (+)= op(A)·op(B), row-major.
//
// Blocks of up to MAX_DEPTH rows and NC columns of B, blocks of MC rows of A; inside, panels of 8 columns times tiles of up
// to MAX_ROWS rows. Every element of C is a sum over blocks of k, each summed in order from zero, wherever it
// lies: packing, tiling and splitting the work between threads do not change its bits.

import { MAX_DEPTH, blockDepth } from './depth';
import { MAX_ROWS, rowsTile, stridedTile } from './generated/micro';
import { gemv } from './gemv';
import { packPanel, packPanelTransposed, packRows, packTile, packTileTransposed } from './pack';

/** Rows of a block of A (a multiple of 5 and 6): with MAX_DEPTH it stays in the second-level cache. */
const MC: i32 = 120;
/** Columns of a block of B; narrower when it is used only once, so that it stays in the nearest cache. */
const NC: i32 = 1024;
const NC_FLAT: i32 = 128;

// How A is read.
const IN_PLACE: i32 = 0;
const TRANSPOSED: i32 = 1;
const PACKED: i32 = 2;

// The workspace: a panel of C for the last n % 8 columns, a block of A, a block of B.
const PANEL_BYTES: usize = <usize>(MC * 8 * 4);
const A_BYTES: usize = <usize>(MC * MAX_DEPTH * 4);
const B_BYTES: usize = <usize>(NC * MAX_DEPTH * 4);

/** Bytes of the `workspace` argument of `gemm` and `gemm_prepacked`, a multiple of 16; each thread needs its own. */
export function gemm_workspace(): usize {
  return PANEL_BYTES + A_BYTES + B_BYTES;
}

/** The same for products of at most n columns and a depth of at most k; `gemm_prepacked` needs no more than for n = 0. */
export function workspaceFor(n: i32, k: i32): usize {
  const vectors: usize = 2 * NC * 4;
  return PANEL_BYTES + A_BYTES + max(vectors, bytes((min(n, NC) + 7 & ~7) * min(k, MAX_DEPTH)));
}

@inline
function bytes(count: i32): usize {
  return <usize>count << 2;
}

/** C[m, 8] (+)= A[m, k]·B[k, 8], in tiles of nearly equal height (a tile of one or two rows would waste time). */
function sweep(
  m: i32, k: i32, mode: i32, a: usize, aStep: usize, b: usize, bStep: usize,
  c: usize, cStep: usize, accumulate: i32,
): void {
  const tiles = (m + MAX_ROWS - 1) / MAX_ROWS;
  const low = m / tiles;
  let higher = m % tiles;
  for (let t = 0; t < tiles; t++) {
    const rows = higher > 0 ? low + 1 : low;
    higher--;
    if (mode == IN_PLACE) {
      rowsTile(rows, k, a, aStep, b, bStep, c, cStep, accumulate);
      a += <usize>rows * aStep;
    } else {
      const packed = mode == PACKED;
      stridedTile(rows, k, a, packed ? bytes(rows) : aStep, b, bStep, c, cStep, accumulate);
      a += packed ? bytes(rows * k) : bytes(rows);
    }
    c += <usize>rows * cStep;
  }
}

/** C[m, columns] (+)= panel[m, 8] for the last columns of C, where a vector would reach into its neighbours. */
function merge(m: i32, columns: i32, panel: usize, c: usize, cStep: usize, accumulate: i32): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < columns; j++) {
      const to = c + bytes(j);
      const sum = load<f32>(panel + bytes(j));
      store<f32>(to, accumulate ? load<f32>(to) + sum : sum);
    }
    c += cStep;
    panel += 32;
  }
}

/** C[m, n] (+)= A[m, k]·B[k, n] for m ≤ MC, k ≤ MAX_DEPTH. `narrow` is the last panel of B, packed, when n % 8 ≠ 0. */
function block(
  m: i32, n: i32, k: i32, mode: i32, a: usize, aStep: usize,
  b: usize, bStep: usize, bPanel: usize, narrow: usize,
  c: usize, cStep: usize, accumulate: i32, workspace: usize,
): void {
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    sweep(m, k, mode, a, aStep, b, bStep, c, cStep, accumulate);
    b += bPanel;
    c += 32;
  }
  if (j < n) {
    sweep(m, k, mode, a, aStep, narrow, 32, workspace, 32, 0);
    merge(m, n - j, workspace, c, cStep, accumulate);
  }
}

/** Writes op(B)[k, n] as panels of 8 columns, k × 8 numbers each; the last panel may hold fewer. */
function packB(transB: i32, n: i32, k: i32, b: usize, ldb: usize, packed: usize): void {
  const panel = bytes(8 * k);
  if (transB) {
    for (let j = 0; j < n; j += 8) {
      packPanelTransposed(min(8, n - j), k, b + <usize>j * ldb, ldb, packed);
      packed += panel;
    }
    return;
  }
  const panels = n >> 3;
  if (panels > 0) packRows(panels, k, b, ldb, packed, panel);
  if (n & 7) packPanel(n & 7, k, b + bytes(panels * 8), ldb, packed + <usize>panels * panel);
}

/** Writes op(A)[m, k] as tiles of rows, each k × rows numbers, cut as `sweep` cuts them. */
function packA(transA: i32, m: i32, k: i32, a: usize, lda: usize, packed: usize): void {
  const tiles = (m + MAX_ROWS - 1) / MAX_ROWS;
  const low = m / tiles;
  let higher = m % tiles;
  for (let t = 0; t < tiles; t++) {
    const rows = higher > 0 ? low + 1 : low;
    higher--;
    if (transA) {
      packTileTransposed(rows, k, a, lda, packed);
      a += bytes(rows);
    } else {
      packTile(rows, k, a, lda, packed);
      a += <usize>rows * lda;
    }
    packed += bytes(rows * k);
  }
}

/** C = 0, the product of empty sums. */
function clear(m: i32, n: i32, c: usize, cStep: usize): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) store<f32>(c + bytes(j), 0);
    c += cStep;
  }
}

/**
 * Whether reading B in place loses more than a copy costs. A transposed B has no rows of 8 to read. Tall products
 * use a copy often enough to pay for it, flat ones only when the rows of B lie multiples of 4 KB apart and so
 * compete for the same lines of the first-level cache.
 */
function packsB(transB: i32, m: i32, bStep: usize): bool {
  return transB || m >= 64 || (m >= 6 && (bStep & 4095) == 0);
}

/** The same for A: a long run over n pays for the copy, and far-apart rows of a transposed A need it. */
function packsA(transA: i32, n: i32, lda: i32): bool {
  return n >= 1024 || (transA && lda > 512);
}

/**
 * C[m, n] (+)= op(A)[m, k]·op(B)[k, n]. A is stored [m, k] with row stride lda, or [k, m] when transA; B likewise.
 * A part of the rows or columns of C is the same call with moved pointers, and gives the same bits.
 */
export function gemm(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32,
  c: usize, ldc: i32, accumulate: i32, workspace: usize,
): void {
  if (m <= 0 || n <= 0) return;
  const aStep = bytes(lda), bStep = bytes(ldb), cStep = bytes(ldc);
  if (k <= 0) {
    if (!accumulate) clear(m, n, c, cStep);
  } else if (m == 1 || (m == 2 && !transB)) {
    for (let i = 0; i < m; i++) {
      gemv(transB, n, k, a, transA ? aStep : 4, b, bStep, c, 4, accumulate, workspace);
      a += transA ? 4 : aStep;
      c += cStep;
    }
  } else if (n == 1) {
    // Cᵀ = op(B)ᵀ·op(A)ᵀ
    gemv(transA ? 0 : 1, m, k, b, transB ? 4 : bStep, a, aStep, c, cStep, accumulate, workspace);
  } else {
    const mode = packsA(transA, n, lda) ? PACKED : transA ? TRANSPOSED : IN_PLACE;
    blocks(transA, transB, m, n, k, a, aStep, b, bStep, c, cStep, accumulate, mode, packsB(transB, m, bStep), workspace);
  }
}

function blocks(
  transA: i32, transB: i32, m: i32, n: i32, k: i32, a: usize, aStep: usize, b: usize, bStep: usize,
  c: usize, cStep: usize, accumulate: i32, mode: i32, packed: bool, workspace: usize,
): void {
  const blockA = workspace + PANEL_BYTES;
  const blockB = blockA + A_BYTES;
  const width = m <= MC ? NC_FLAT : NC;
  const most = blockDepth(k);
  for (let j = 0; j < n; j += width) {
    const columns = min(width, n - j);
    const full = columns & ~7;
    for (let p = 0; p < k; p += most) {
      const depth = min(most, k - p);
      const adds = accumulate || p > 0 ? 1 : 0;
      const source = transB ? b + <usize>j * bStep + bytes(p) : b + <usize>p * bStep + bytes(j);
      let panels = source, rowStep = bStep, panelStep: usize = 32, narrow = blockB;
      if (packed) {
        packB(transB, columns, depth, source, bStep, blockB);
        panels = blockB;
        rowStep = 32;
        panelStep = bytes(8 * depth);
        narrow = blockB + bytes(full * depth);
      } else if (full < columns) {
        packPanel(columns - full, depth, source + bytes(full), bStep, blockB);
      }
      for (let i = 0; i < m; i += MC) {
        const rows = min(MC, m - i);
        let from = transA ? a + <usize>p * aStep + bytes(i) : a + <usize>i * aStep + bytes(p);
        if (mode == PACKED) {
          packA(transA, rows, depth, from, aStep, blockA);
          from = blockA;
        }
        const to = c + <usize>i * cStep + bytes(j);
        block(rows, columns, depth, mode, from, aStep, panels, rowStep, panelStep, narrow, to, cStep, adds, workspace);
      }
    }
  }
}

/** Bytes that `pack_b` writes. */
export function packed_b_bytes(n: i32, k: i32): usize {
  return bytes((n + 7) & ~7) * <usize>k;
}

/** Packs op(B)[k, n] once, for `gemm_prepacked`. */
export function pack_b(transB: i32, n: i32, k: i32, b: usize, ldb: i32, packed: usize): void {
  const width = bytes((n + 7) & ~7);
  const most = blockDepth(k);
  for (let p = 0; p < k; p += most) {
    const source = transB ? b + bytes(p) : b + <usize>p * bytes(ldb);
    packB(transB, n, min(most, k - p), source, bytes(ldb), packed + <usize>p * width);
  }
}

/** C[m, n] (+)= A[m, k]·B with B from `pack_b`; the bits are those of `gemm`. */
export function gemm_prepacked(
  m: i32, n: i32, k: i32, a: usize, lda: i32, packed: usize, c: usize, ldc: i32, accumulate: i32, workspace: usize,
): void {
  if (m <= 0 || n <= 0) return;
  const cStep = bytes(ldc);
  if (k <= 0) {
    if (!accumulate) clear(m, n, c, cStep);
    return;
  }
  const width = bytes((n + 7) & ~7);
  const full = n & ~7;
  const most = blockDepth(k);
  for (let p = 0; p < k; p += most) {
    const depth = min(most, k - p);
    const panels = packed + <usize>p * width;
    for (let i = 0; i < m; i += MC) {
      block(
        min(MC, m - i), n, depth, IN_PLACE, a + <usize>i * bytes(lda) + bytes(p), bytes(lda),
        panels, 32, bytes(8 * depth), panels + bytes(full * depth),
        c + <usize>i * cStep, cStep, accumulate || p > 0 ? 1 : 0, workspace,
      );
    }
  }
}
