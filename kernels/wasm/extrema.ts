// Products, largest and smallest elements and their positions over the middle axis: x [outer, size, inner] → [outer, inner].

import { bytes, loadPart, maximum, minimum, storePart } from './vector';

@unmanaged
class Product {
  @inline
  start(): v128 {
    return f32x4.splat(1);
  }
  @inline
  of(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}

@unmanaged
class Largest {
  @inline
  start(): v128 {
    return f32x4.splat(-Infinity);
  }
  @inline
  of(a: v128, b: v128): v128 {
    return maximum(a, b);
  }
}

@unmanaged
class Smallest {
  @inline
  start(): v128 {
    return f32x4.splat(Infinity);
  }
  @inline
  of(a: v128, b: v128): v128 {
    return minimum(a, b);
  }
}

@inline
function reduceRow<F>(x: usize, n: i32): f32 {
  const f = changetype<F>(0);
  let a0 = f.start();
  let a1 = a0;
  for (; n >= 8; n -= 8) {
    a0 = f.of(a0, v128.load(x));
    a1 = f.of(a1, v128.load(x, 16));
    x += 32;
  }
  if (n >= 4) {
    a0 = f.of(a0, v128.load(x));
    x += 16;
    n -= 4;
  }
  if (n) a1 = f.of(a1, loadPart(x, n, f.start()));
  const lanes = f.of(a0, a1);
  const pairs = f.of(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(f.of(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

@inline
function reduce<F>(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  const f = changetype<F>(0);
  if (inner == 1) {
    for (; outer > 0; outer--) {
      store<f32>(out, reduceRow<F>(x, size));
      x += bytes(size);
      out += 4;
    }
    return;
  }
  const step = bytes(inner);
  for (; outer > 0; outer--) {
    for (let column = 0; column < inner; column += 4) {
      const width = min(4, inner - column);
      let from = x + bytes(column);
      let a = f.start();
      if (width == 4) {
        for (let row = 0; row < size; row++) {
          a = f.of(a, v128.load(from));
          from += step;
        }
        v128.store(out + bytes(column), a);
      } else {
        for (let row = 0; row < size; row++) {
          a = f.of(a, loadPart(from, width, f.start()));
          from += step;
        }
        storePart(out + bytes(column), a, width);
      }
    }
    x += bytes(size) * <usize>inner;
    out += step;
  }
}

export function reduce_prod(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  reduce<Product>(out, x, outer, size, inner);
}

export function reduce_max(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  reduce<Largest>(out, x, outer, size, inner);
}

export function reduce_min(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  reduce<Smallest>(out, x, outer, size, inner);
}

@inline
function position(out: usize, x: usize, outer: i32, size: i32, inner: i32, largest: bool): void {
  const step = bytes(inner);
  for (; outer > 0; outer--) {
    for (let column = 0; column < inner; column++) {
      let from = x + bytes(column);
      let best = load<f32>(from);
      let at = 0;
      // A NaN stays: nothing compares with it, and it takes the place of a number.
      for (let row = 1; row < size && best == best; row++) {
        from += step;
        const value = load<f32>(from);
        if ((largest ? value > best : value < best) || value != value) {
          best = value;
          at = row;
        }
      }
      store<i32>(out, at);
      out += 4;
    }
    x += bytes(size) * <usize>inner;
  }
}

export function argMax(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  position(out, x, outer, size, inner, true);
}

export function argMin(out: usize, x: usize, outer: i32, size: i32, inner: i32): void {
  position(out, x, outer, size, inner, false);
}
