// Layer normalisation (and, without a mean, RMS normalisation) of the rows of x [rows, cols].

import { loadWidth, rowProductSums, storeWidth } from './norm-columns';
import { bytes, laneSum, loadPart, madd, nmadd } from './vector';

/** Terms whose sum is taken in float32. */
const BLOCK: i32 = 1024;

/** Σ x, or Σ (x − mean)², over n numbers */
@inline
function moment(x: usize, n: i32, mean: f32, squared: bool): f64 {
  const m = f32x4.splat(mean);
  const zero = f32x4.splat(0);
  let total: f64 = 0;
  while (n > 0) {
    let left = min(n, BLOCK);
    n -= left;
    let s0 = zero;
    let s1 = zero;
    for (; left >= 8; left -= 8) {
      const a = v128.load(x);
      const b = v128.load(x, 16);
      if (squared) {
        const d = f32x4.sub(a, m);
        const e = f32x4.sub(b, m);
        s0 = madd(d, d, s0);
        s1 = madd(e, e, s1);
      } else {
        s0 = f32x4.add(s0, a);
        s1 = f32x4.add(s1, b);
      }
      x += 32;
    }
    for (; left > 0; left -= 4) {
      // Lanes beyond the end hold the mean, which adds nothing to the squares, or 0.
      const a = left >= 4 ? v128.load(x) : loadPart(x, left, m);
      if (squared) {
        const d = f32x4.sub(a, m);
        s0 = madd(d, d, s0);
      } else s0 = f32x4.add(s0, a);
      x += 16;
    }
    total += laneSum(f32x4.add(s0, s1));
  }
  return total;
}

export function rowNorm(
  out: usize, mean: usize, rstd: usize, x: usize, gamma: usize, beta: usize, rows: i32, cols: i32, eps: f64,
): void {
  for (let row = 0; row < rows; row++) {
    const centre: f32 = mean ? <f32>(moment(x, cols, 0, false) / <f64>cols) : 0;
    const scale = <f32>(1 / Math.sqrt(moment(x, cols, centre, true) / <f64>cols + eps));
    if (mean) store<f32>(mean + bytes(row), centre);
    store<f32>(rstd + bytes(row), scale);
    const m = f32x4.splat(centre);
    const r = f32x4.splat(scale);
    for (let c = 0; c < cols; c += 4) {
      const at = bytes(c);
      const width = cols - c;
      const unit = f32x4.mul(f32x4.sub(loadWidth(x + at, width), m), r);
      storeWidth(out + at, madd(unit, loadWidth(gamma + at, width), loadWidth(beta + at, width)), width);
    }
    x += bytes(cols);
    out += bytes(cols);
  }
}

/** dx = rstd·(γg − mean(γg) − x̂·mean(γg·x̂)); without a mean the first of the two means is left out. */
function rowNormDx(
  dx: usize, x: usize, mean: usize, rstd: usize, gamma: usize, g: usize, rows: i32, cols: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const m = f32x4.splat(mean ? load<f32>(mean + bytes(row)) : 0);
    const scale = load<f32>(rstd + bytes(row));
    const r = f32x4.splat(scale);
    let sum = f32x4.splat(0);
    let dot = sum;
    for (let c = 0; c < cols; c += 4) {
      const at = bytes(c);
      const width = cols - c;
      const slope = f32x4.mul(loadWidth(g + at, width), loadWidth(gamma + at, width));
      sum = f32x4.add(sum, slope);
      dot = madd(slope, f32x4.mul(f32x4.sub(loadWidth(x + at, width), m), r), dot);
    }
    const p = f32x4.splat(mean ? <f32>(laneSum(sum) / <f64>cols) : 0);
    const q = f32x4.splat(<f32>(laneSum(dot) / <f64>cols));
    for (let c = 0; c < cols; c += 4) {
      const at = bytes(c);
      const width = cols - c;
      const slope = f32x4.mul(loadWidth(g + at, width), loadWidth(gamma + at, width));
      const unit = f32x4.mul(f32x4.sub(loadWidth(x + at, width), m), r);
      storeWidth(dx + at, f32x4.mul(r, nmadd(unit, q, f32x4.sub(slope, p))), width);
    }
    x += bytes(cols);
    g += bytes(cols);
    dx += bytes(cols);
  }
}

/** scratch: 2 doubles per column, padded to four columns */
export function rowNormGrad(
  dx: usize, dGamma: usize, dBeta: usize, x: usize, mean: usize, rstd: usize, gamma: usize, g: usize,
  rows: i32, cols: i32, scratch: usize,
): void {
  if (dx) rowNormDx(dx, x, mean, rstd, gamma, g, rows, cols);
  if (!dGamma && !dBeta) return;
  const products = scratch + (<usize>((cols + 3) & ~3) << 3);
  rowProductSums(scratch, products, x, g, mean, rstd, rows, cols);
  for (let c = 0; c < cols; c++) {
    if (dBeta) store<f32>(dBeta + bytes(c), <f32>load<f64>(scratch + (<usize>c << 3)));
    if (dGamma) store<f32>(dGamma + bytes(c), <f32>load<f64>(products + (<usize>c << 3)));
  }
}
