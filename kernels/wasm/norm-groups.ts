// Normalisation over the rows of x [outer, rows, cols] and over groups of adjacent columns: batch normalisation is
// outer = 1 and a group for each column, group normalisation has the batch outside and the positions as rows.

import { loadWidth, plainSums, productSums, squareSums, storeWidth } from './norm-columns';
import { bytes, madd } from './vector';

/** Σ of the doubles first … first + count − 1 */
@inline
function total(doubles: usize, first: i32, count: i32): f64 {
  let sum: f64 = 0;
  for (let c = first; c < first + count; c++) sum += load<f64>(doubles + (<usize>c << 3));
  return sum;
}

/** out = a·(x − m) + b, or with g: out = a·(x − m) + b + p·g; one number of each vector per column */
@inline
function mapRows(
  out: usize, x: usize, m: usize, a: usize, b: usize, g: usize, p: usize, rows: i32, cols: i32,
): void {
  for (; rows > 0; rows--) {
    for (let c = 0; c < cols; c += 4) {
      const at = bytes(c);
      const width = cols - c;
      let y = v128.load(b + at);
      if (p) y = madd(loadWidth(g + at, width), v128.load(p + at), y);
      y = madd(f32x4.sub(loadWidth(x + at, width), v128.load(m + at)), v128.load(a + at), y);
      storeWidth(out + at, y, width);
    }
    x += bytes(cols);
    out += bytes(cols);
    if (p) g += bytes(cols);
  }
}

/** scratch: 28 bytes per column, padded to four columns */
export function groupNorm(
  out: usize, mean: usize, variance: usize, x: usize, gamma: usize, beta: usize,
  outer: i32, rows: i32, cols: i32, groups: i32, eps: f64, scratch: usize,
): void {
  const padded = <usize>((cols + 3) & ~3);
  const sums = scratch + 8 * padded;
  const m = sums + 8 * padded;
  const a = m + 4 * padded;
  const b = a + 4 * padded;
  const size = cols / groups;
  const count = <f64>rows * <f64>size;
  for (; outer > 0; outer--) {
    plainSums(scratch, sums, x, rows, cols);
    for (let group = 0; group < groups; group++) {
      const centre = <f32>(total(sums, group * size, size) / count);
      store<f32>(mean + bytes(group), centre);
      for (let c = group * size; c < (group + 1) * size; c++) store<f32>(m + bytes(c), centre);
    }
    squareSums(scratch, sums, x, m, rows, cols);
    for (let group = 0; group < groups; group++) {
      const spread = total(sums, group * size, size) / count;
      store<f32>(variance + bytes(group), <f32>spread);
      const rstd = 1 / Math.sqrt(spread + eps);
      for (let c = group * size; c < (group + 1) * size; c++) {
        store<f32>(a + bytes(c), <f32>(<f64>load<f32>(gamma + bytes(c)) * rstd));
        store<f32>(b + bytes(c), load<f32>(beta + bytes(c)));
      }
    }
    mapRows(out, x, m, a, b, 0, 0, rows, cols);
    mean += bytes(groups);
    variance += bytes(groups);
    x += bytes(rows) * <usize>cols;
    out += bytes(rows) * <usize>cols;
  }
}

/**
 * dx = rstd·(γg − mean(γg) − x̂·mean(γg·x̂)), the means over a group.
 * scratch: 32 bytes per column, padded to four columns
 */
export function groupNormGrad(
  dx: usize, dGamma: usize, dBeta: usize, x: usize, mean: usize, variance: usize, gamma: usize, g: usize,
  outer: i32, rows: i32, cols: i32, groups: i32, eps: f64, scratch: usize,
): void {
  const padded = <usize>((cols + 3) & ~3);
  const products = scratch + 8 * padded;
  const m = products + 8 * padded;
  const a = m + 4 * padded;
  const b = a + 4 * padded;
  const p = b + 4 * padded;
  const size = cols / groups;
  const count = <f64>rows * <f64>size;
  for (let c = 0; c < cols; c++) {
    if (dGamma) store<f32>(dGamma + bytes(c), 0);
    if (dBeta) store<f32>(dBeta + bytes(c), 0);
  }
  for (; outer > 0; outer--) {
    for (let c = 0; c < cols; c++) store<f32>(m + bytes(c), load<f32>(mean + bytes(c / size)));
    productSums(scratch, products, x, g, m, rows, cols);
    for (let group = 0; group < groups; group++) {
      // Without rows the variance is NaN, and nothing flows back.
      const rstd = rows ? 1 / Math.sqrt(<f64>load<f32>(variance + bytes(group)) + eps) : 0;
      let slope: f64 = 0;
      let dot: f64 = 0;
      for (let c = group * size; c < (group + 1) * size; c++) {
        const factor = <f64>load<f32>(gamma + bytes(c));
        const sum = load<f64>(scratch + (<usize>c << 3));
        const product = load<f64>(products + (<usize>c << 3));
        slope += factor * sum;
        dot += factor * product;
        store<f32>(p + bytes(c), <f32>(factor * rstd));
        if (dBeta) store<f32>(dBeta + bytes(c), load<f32>(dBeta + bytes(c)) + <f32>sum);
        if (dGamma) store<f32>(dGamma + bytes(c), load<f32>(dGamma + bytes(c)) + <f32>(product * rstd));
      }
      const shift = <f32>(-rstd * slope / count);
      const factor = <f32>(-rstd * rstd * rstd * dot / count);
      for (let c = group * size; c < (group + 1) * size; c++) {
        store<f32>(a + bytes(c), factor);
        store<f32>(b + bytes(c), shift);
      }
    }
    if (dx) {
      mapRows(dx, x, m, a, b, g, p, rows, cols);
      dx += bytes(rows) * <usize>cols;
    }
    mean += bytes(groups);
    variance += bytes(groups);
    x += bytes(rows) * <usize>cols;
    g += bytes(rows) * <usize>cols;
  }
}
