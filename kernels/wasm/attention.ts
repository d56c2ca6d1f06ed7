// The softmax of causal attention.

import { softmax } from './softmax';
import { bytes } from './vector';

/** Softmax of the first `first + r` numbers of row r, at least 0 and at most all; zeros after them. */
export function causalSoftmax(out: usize, x: usize, rows: i32, cols: i32, first: i32): void {
  for (let row = 0; row < rows; row++) {
    const count = max(0, min(cols, first + row));
    if (count > 0) softmax(out, x, 1, count);
    for (let c = count; c < cols; c++) store<f32>(out + bytes(c), 0);
    x += bytes(cols);
    out += bytes(cols);
  }
}
