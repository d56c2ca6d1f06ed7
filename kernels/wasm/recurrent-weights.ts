// The gradients of a recurrent layer's parameters from the dz that recurrent_backward_rows left, for a range of columns:
//
//   dW = Xᵀ·dZ      dU = H₋₁ᵀ·dZ      db = Σ dz        over all steps that took part
//
// The columns of dZ come in sections that meet the same rows. LSTM and the simple recurrence have one, which x and h₋₁
// both meet: dZ is packed once for the two. A GRU has the gates (x and h₋₁), the candidate (x; and r ⊙ h₋₁ if the reset
// gate comes first), and h·U_h (h₋₁) if it does not. Steps left out by the mask are not gathered in the first place.

import { MAX_ROWS, stridedTile } from './generated/micro';
import { Backward, GRU, GRU_RESET_BEFORE, address, bytes, gateCount, isGru, savedCount, takesPart } from './recurrent-parameters';
import { clear } from './recurrent-rows';
import { addTile, packStrips, packRow, sumPanel } from './recurrent-strips';

/** Steps in a block of the sum. */
const DEPTH: i32 = 256;
/** Panels of 8 columns that are packed together: they stay in the second-level cache. */
const PANELS: i32 = 64;
/** Bytes between packed panels; not a power of two, so that writing across them spreads over the cache. */
const PANEL: usize = <usize>(DEPTH * 32 + 64);

/** Columns of section n of dZ, 0 where there is none. */
@inline
function sectionColumns(p: Backward, n: i32): i32 {
  if (!isGru(p.kind)) return n == 0 ? gateCount(p.kind) * p.units : 0;
  if (n == 2) return p.kind == GRU ? p.units : 0;
  return n == 0 ? 2 * p.units : p.units;
}

/** Where it begins in a row of dZ. */
@inline
function sectionBegin(p: Backward, n: i32): i32 {
  if (!isGru(p.kind)) return 0;
  return n == 0 ? p.units : n == 1 ? 0 : 3 * p.units;
}

/** Where it goes in the parameters: the candidate is their last gate. */
@inline
function sectionTarget(p: Backward, n: i32): i32 {
  return n == 0 ? 0 : 2 * p.units;
}

// The scratch space: one area after the other.
@inline
function xTable(s: usize): usize { return s; }
@inline
function hTable(s: usize): usize { return s + bytes(DEPTH); }
@inline
function zTable(s: usize): usize { return s + bytes(2 * DEPTH); }
@inline
function resetTable(s: usize): usize { return s + bytes(3 * DEPTH); }
@inline
function corner(s: usize): usize { return s + bytes(4 * DEPTH); }
@inline
function zeros(s: usize): usize { return corner(s) + 256; }
@inline
function panelArea(p: Backward, s: usize): usize { return zeros(s) + ((bytes(p.units) + 15) & ~15); }
/** Strips of x. */
@inline
function tileArea(p: Backward, s: usize): usize {
  return panelArea(p, s) + <usize>min(PANELS, (sectionColumns(p, 0) + 7) >> 3) * PANEL;
}
/** Strips of h₋₁. */
@inline
function hStrips(p: Backward, s: usize): usize { return tileArea(p, s) + bytes(DEPTH) * <usize>p.inputSize; }
/** Strips of r ⊙ h₋₁. */
@inline
function resetStrips(p: Backward, s: usize): usize { return hStrips(p, s) + bytes(DEPTH) * <usize>p.units; }

/** Bytes of scratch that recurrent_backward_kernels needs; each thread has its own. */
export function recurrent_kernels_scratch_bytes(parameters: usize): usize {
  const p = changetype<Backward>(parameters);
  return resetStrips(p, 0) + (p.kind == GRU_RESET_BEFORE ? bytes(DEPTH) * <usize>p.units : 0);
}

/** Panels of 8 columns of all sections, the units in which recurrent_backward_kernels is split. */
export function recurrent_kernel_panels(parameters: usize): i32 {
  const p = changetype<Backward>(parameters);
  let panels = 0;
  for (let n = 0; n < 3; n++) panels += (sectionColumns(p, n) + 7) >> 3;
  return panels;
}

/** Panels from … to−1 of dKernel, dRecurrentKernel and dBias. Any split gives the same bits. */
export function recurrent_backward_kernels(parameters: usize, scratch: usize, from: i32, to: i32): void {
  const p = changetype<Backward>(parameters), s = scratch;
  if (p.dKernel == 0 && p.dRecurrentKernel == 0 && p.dBias == 0) return;
  clear(zeros(s), bytes(p.units));
  const end = p.batch * p.time;
  let row = 0, accumulate = 0;
  do {
    let count = 0;
    for (; row < end && count < DEPTH; row++) if (takesPart(p.mask, row)) gatherStep(p, s, count++, row);
    if (count == 0 && accumulate) break;
    if (p.dKernel != 0) packStrips(xTable(s), count, p.inputSize, tileArea(p, s));
    if (p.dRecurrentKernel != 0) {
      packStrips(hTable(s), count, p.units, hStrips(p, s));
      if (p.kind == GRU_RESET_BEFORE) packStrips(resetTable(s), count, p.units, resetStrips(p, s));
    }
    let base = 0;
    for (let n = 0; n < 3; n++) {
      const sectionEnd = base + ((sectionColumns(p, n) + 7) >> 3), last = min(to, sectionEnd);
      for (let panel = max(from, base); panel < last; panel += PANELS) {
        blockOfPanels(p, s, count, n, panel - base, min(PANELS, last - panel), accumulate);
      }
      base = sectionEnd;
    }
    accumulate = 1;
  } while (row < end);
}

function gatherStep(p: Backward, s: usize, at: i32, row: i32): void {
  const time = p.time, b = row / time, t = row - b * time, dz = p.dGates + bytes(row * p.units * savedCount(p.kind));
  store<usize>(xTable(s) + bytes(at), p.x + bytes(row * p.inputSize));
  store<usize>(zTable(s) + bytes(at), dz);
  let h: usize;
  if (t != (p.reverse ? time - 1 : 0)) h = p.out + bytes((p.reverse ? row + 1 : row - 1) * p.units);
  else h = p.h0 != 0 ? p.h0 + bytes(b * p.units) : zeros(s);
  store<usize>(hTable(s) + bytes(at), h);
  store<usize>(resetTable(s) + bytes(at), dz + bytes(3 * p.units));
}

/** Panels first … first+panels−1 of section n. */
function blockOfPanels(p: Backward, s: usize, count: i32, n: i32, first: i32, panels: i32, accumulate: i32): void {
  const area = panelArea(p, s), column = 8 * first, columns = min(8 * panels, sectionColumns(p, n) - column);
  const from = bytes(sectionBegin(p, n) + column), to = bytes(sectionTarget(p, n) + column);
  for (let j = 0; j < count; j++) packRow(address(zTable(s), j) + from, columns, area + <usize>j * 32, PANEL);
  const meetsX = n < 2, resets = p.kind == GRU_RESET_BEFORE && n == 1;
  const meetsH = n != 1 || resets;
  if (p.dBias != 0) {
    const recurrent = p.kind == GRU && meetsH ? p.dBias + bytes(3 * p.units) + to : 0;
    sumPanels(p, s, count, columns, meetsX ? p.dBias + to : 0, recurrent, accumulate);
  }
  if (p.dKernel != 0 && meetsX) strips(p, s, count, p.inputSize, tileArea(p, s), p.dKernel + to, columns, accumulate);
  if (p.dRecurrentKernel != 0 && meetsH) {
    const strip = resets ? resetStrips(p, s) : hStrips(p, s);
    strips(p, s, count, p.units, strip, p.dRecurrentKernel + to, columns, accumulate);
  }
}

/** Sums of columns, added to one row of biases or two; 0 for none. */
function sumPanels(p: Backward, s: usize, count: i32, columns: i32, to: usize, other: usize, accumulate: i32): void {
  let panel = panelArea(p, s);
  for (let column = 0; column < columns; column += 8) {
    const width = min(8, columns - column);
    sumPanel(panel, count, corner(s));
    if (to != 0) addTile(1, width, corner(s), to + bytes(column), 0, accumulate);
    if (other != 0) addTile(1, width, corner(s), other + bytes(column), 0, accumulate);
    panel += PANEL;
  }
}

/** to[width, columns] (+)= stripsᵀ·panels; a last panel of fewer than 8 columns goes through the corner. */
function strips(
  p: Backward, s: usize, count: i32, width: i32, strip: usize, to: usize, columns: i32, accumulate: i32,
): void {
  const step = bytes(gateCount(p.kind) * p.units), full = columns >> 3, rest = columns & 7;
  const number = (width + MAX_ROWS - 1) / MAX_ROWS;
  const low = width / number;
  let higher = width % number;
  for (let i = 0; i < number; i++) {
    const rows = higher > 0 ? low + 1 : low;
    higher--;
    let panel = panelArea(p, s), c = to;
    for (let j = 0; j < full; j++) {
      stridedTile(rows, count, strip, bytes(rows), panel, 32, c, step, accumulate);
      panel += PANEL;
      c += 32;
    }
    if (rest > 0) {
      stridedTile(rows, count, strip, bytes(rows), panel, 32, corner(s), 32, 0);
      addTile(rows, rest, corner(s), c, step, accumulate);
    }
    strip += bytes(rows * count);
    to += <usize>rows * step;
  }
}
