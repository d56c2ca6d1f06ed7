// Unary maps of a few instructions.

import { atLeast, atMost } from './vector';
import { mapUnrolled } from './map';

@unmanaged
class Neg {
  @inline
  of(x: v128): v128 {
    return f32x4.neg(x);
  }
}
export function unary_neg(out: usize, x: usize, n: i32): void {
  mapUnrolled<Neg>(out, x, n);
}

@unmanaged
class Abs {
  @inline
  of(x: v128): v128 {
    return f32x4.abs(x);
  }
}
export function unary_abs(out: usize, x: usize, n: i32): void {
  mapUnrolled<Abs>(out, x, n);
}

@unmanaged
class Sqrt {
  @inline
  of(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}
export function unary_sqrt(out: usize, x: usize, n: i32): void {
  mapUnrolled<Sqrt>(out, x, n);
}

@unmanaged
class Rsqrt {
  @inline
  of(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  }
}
export function unary_rsqrt(out: usize, x: usize, n: i32): void {
  mapUnrolled<Rsqrt>(out, x, n);
}

@unmanaged
class Square {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(x, x);
  }
}
export function unary_square(out: usize, x: usize, n: i32): void {
  mapUnrolled<Square>(out, x, n);
}

@unmanaged
class Reciprocal {
  @inline
  of(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), x);
  }
}
export function unary_reciprocal(out: usize, x: usize, n: i32): void {
  mapUnrolled<Reciprocal>(out, x, n);
}

@unmanaged
class Floor {
  @inline
  of(x: v128): v128 {
    return f32x4.floor(x);
  }
}
export function unary_floor(out: usize, x: usize, n: i32): void {
  mapUnrolled<Floor>(out, x, n);
}

@unmanaged
class Ceil {
  @inline
  of(x: v128): v128 {
    return f32x4.ceil(x);
  }
}
export function unary_ceil(out: usize, x: usize, n: i32): void {
  mapUnrolled<Ceil>(out, x, n);
}

/** Halves go to the even neighbour. */
@unmanaged
class Round {
  @inline
  of(x: v128): v128 {
    return f32x4.nearest(x);
  }
}
export function unary_round(out: usize, x: usize, n: i32): void {
  mapUnrolled<Round>(out, x, n);
}

@unmanaged
class Trunc {
  @inline
  of(x: v128): v128 {
    return f32x4.trunc(x);
  }
}
export function unary_trunc(out: usize, x: usize, n: i32): void {
  mapUnrolled<Trunc>(out, x, n);
}

/** 1 with the sign of x where |x| > 0, ±0 for ±0, and 0 for NaN, as PyTorch has it. */
@unmanaged
class Sign {
  @inline
  of(x: v128): v128 {
    const one = v128.and(f32x4.gt(f32x4.abs(x), f32x4.splat(0)), f32x4.splat(1));
    return v128.or(one, v128.and(v128.and(x, f32x4.eq(x, x)), f32x4.splat(-0.0)));
  }
}
export function unary_sign(out: usize, x: usize, n: i32): void {
  mapUnrolled<Sign>(out, x, n);
}

@unmanaged
class Relu {
  @inline
  of(x: v128): v128 {
    return atLeast(x, f32x4.splat(0));
  }
}
export function unary_relu(out: usize, x: usize, n: i32): void {
  mapUnrolled<Relu>(out, x, n);
}

@unmanaged
class Relu6 {
  @inline
  of(x: v128): v128 {
    return atMost(atLeast(x, f32x4.splat(0)), f32x4.splat(6));
  }
}
export function unary_relu6(out: usize, x: usize, n: i32): void {
  mapUnrolled<Relu6>(out, x, n);
}

@unmanaged
class HardTanh {
  @inline
  of(x: v128): v128 {
    return atMost(atLeast(x, f32x4.splat(-1)), f32x4.splat(1));
  }
}
export function unary_hardTanh(out: usize, x: usize, n: i32): void {
  mapUnrolled<HardTanh>(out, x, n);
}

@unmanaged
class HardSigmoid {
  @inline
  of(x: v128): v128 {
    return f32x4.div(
      atMost(atLeast(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), f32x4.splat(6)), f32x4.splat(6));
  }
}
export function unary_hardSigmoid(out: usize, x: usize, n: i32): void {
  mapUnrolled<HardSigmoid>(out, x, n);
}

@unmanaged
class Softsign {
  @inline
  of(x: v128): v128 {
    return f32x4.div(x, f32x4.add(f32x4.splat(1), f32x4.abs(x)));
  }
}
export function unary_softsign(out: usize, x: usize, n: i32): void {
  mapUnrolled<Softsign>(out, x, n);
}
