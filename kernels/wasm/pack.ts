// Copies parts of matrices into the order in which the micro-kernels read them.

/** B [k, 8·panels] → panels [k, 8], four rows at a time so that reading streams along the rows. */
export function packRows(panels: i32, k: i32, b: usize, ldb: usize, packed: usize, panelBytes: usize): void {
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    packFourRows(panels, b, ldb, packed, panelBytes);
    b += ldb << 2;
    packed += 128;
  }
  for (; p < k; p++) {
    packOneRow(panels, b, packed, panelBytes);
    b += ldb;
    packed += 32;
  }
}

function packFourRows(panels: i32, b0: usize, ldb: usize, packed: usize, panelBytes: usize): void {
  const b1 = b0 + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
  const end = <usize>panels << 5;
  for (let j: usize = 0; j < end; j += 32) {
    v128.store(packed, v128.load(b0 + j));
    v128.store(packed, v128.load(b0 + j, 16), 16);
    v128.store(packed, v128.load(b1 + j), 32);
    v128.store(packed, v128.load(b1 + j, 16), 48);
    v128.store(packed, v128.load(b2 + j), 64);
    v128.store(packed, v128.load(b2 + j, 16), 80);
    v128.store(packed, v128.load(b3 + j), 96);
    v128.store(packed, v128.load(b3 + j, 16), 112);
    packed += panelBytes;
  }
}

function packOneRow(panels: i32, b: usize, packed: usize, panelBytes: usize): void {
  const end = b + (<usize>panels << 5);
  while (b != end) {
    v128.store(packed, v128.load(b));
    v128.store(packed, v128.load(b, 16), 16);
    b += 32;
    packed += panelBytes;
  }
}

/** B [k, columns] → one panel [k, 8] filled up with zeros: chance numbers could be subnormal, and so slow. */
export function packPanel(columns: i32, k: i32, b: usize, ldb: usize, packed: usize): void {
  const zero = f32x4.splat(0);
  for (let p = 0; p < k; p++) {
    v128.store(packed, zero);
    v128.store(packed, zero, 16);
    for (let j = 0; j < columns; j++) store<f32>(packed + (<usize>j << 2), load<f32>(b + (<usize>j << 2)));
    b += ldb;
    packed += 32;
  }
}

/** Bᵀ stored [columns, k] → one panel [k, 8]; columns that are missing repeat the last one. */
export function packPanelTransposed(columns: i32, k: i32, b: usize, ldb: usize, packed: usize): void {
  const last = columns - 1;
  const b1 = b + <usize>min(1, last) * ldb, b2 = b + <usize>min(2, last) * ldb, b3 = b + <usize>min(3, last) * ldb;
  const b4 = b + <usize>min(4, last) * ldb, b5 = b + <usize>min(5, last) * ldb, b6 = b + <usize>min(6, last) * ldb;
  const b7 = b + <usize>last * ldb;
  const quads = k & ~3;
  if (quads > 0) {
    packColumns(quads, b, b1, b2, b3, packed, 32);
    packColumns(quads, b4, b5, b6, b7, packed + 16, 32);
  }
  for (let p = quads; p < k; p++) {
    const offset = <usize>p << 2, to = packed + (<usize>p << 5);
    store<f32>(to, load<f32>(b + offset));
    store<f32>(to, load<f32>(b1 + offset), 4);
    store<f32>(to, load<f32>(b2 + offset), 8);
    store<f32>(to, load<f32>(b3 + offset), 12);
    store<f32>(to, load<f32>(b4 + offset), 16);
    store<f32>(to, load<f32>(b5 + offset), 20);
    store<f32>(to, load<f32>(b6 + offset), 24);
    store<f32>(to, load<f32>(b7 + offset), 28);
  }
}

/** Four arrays of k numbers (k % 4 = 0) → four columns of [k, step/4], by transposing 4 × 4 blocks. */
function packColumns(k: i32, b0: usize, b1: usize, b2: usize, b3: usize, packed: usize, step: usize): void {
  const step2 = step << 1, step3 = step2 + step, step4 = step << 2;
  const end = b0 + (<usize>k << 2);
  while (b0 != end) {
    const r0 = v128.load(b0), r1 = v128.load(b1), r2 = v128.load(b2), r3 = v128.load(b3);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(packed, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(packed + step, v128.shuffle<f64>(low01, low23, 1, 3));
    v128.store(packed + step2, v128.shuffle<f64>(high01, high23, 0, 2));
    v128.store(packed + step3, v128.shuffle<f64>(high01, high23, 1, 3));
    b0 += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
    packed += step4;
  }
}

/** A [rows, k] → [k, rows], the first four rows by transposing 4 × 4 blocks. */
export function packTile(rows: i32, k: i32, a: usize, lda: usize, packed: usize): void {
  const step = <usize>rows << 2;
  const quads = rows >= 4 ? k & ~3 : 0;
  if (quads > 0) packColumns(quads, a, a + lda, a + 2 * lda, a + 3 * lda, packed, step);
  for (let i = 0; i < rows; i++) {
    const done = i < 4 ? quads : 0;
    packColumn(k - done, a + (<usize>done << 2), packed + <usize>done * step, step);
    a += lda;
    packed += 4;
  }
}

function packColumn(k: i32, a: usize, packed: usize, step: usize): void {
  const end = a + (<usize>k << 2);
  while (a != end) {
    store<f32>(packed, load<f32>(a));
    a += 4;
    packed += step;
  }
}

/** Aᵀ stored [k, rows] → [k, rows] without gaps */
export function packTileTransposed(rows: i32, k: i32, a: usize, lda: usize, packed: usize): void {
  const step = <usize>rows << 2;
  let i = 0;
  if (rows >= 4) {
    packQuads(k, a, lda, packed, step);
    i = 4;
  }
  for (; i < rows; i++) packStrided(k, a + (<usize>i << 2), lda, packed + (<usize>i << 2), step);
}

function packQuads(k: i32, a: usize, lda: usize, packed: usize, step: usize): void {
  const end = packed + <usize>k * step;
  while (packed != end) {
    v128.store(packed, v128.load(a));
    a += lda;
    packed += step;
  }
}

function packStrided(k: i32, a: usize, lda: usize, packed: usize, step: usize): void {
  const end = packed + <usize>k * step;
  while (packed != end) {
    store<f32>(packed, load<f32>(a));
    a += lda;
    packed += step;
  }
}
