// Maps with one or two parameters.

import { atLeast, atMost } from './vector';
import { expm1, softplusRest } from './math';
import { map, mapWith } from './map';

@unmanaged
class Elu {
  @inline
  of(x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(
      x, f32x4.mul(p, expm1(atMost(x, f32x4.splat(0)))), f32x4.gt(x, f32x4.splat(0)));
  }
}
export function parametric_elu(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  mapWith<Elu>(out, x, n, p, q);
}

@unmanaged
class LeakyRelu {
  @inline
  of(x: v128, p: v128, q: v128): v128 {
    return v128.bitselect(x, f32x4.mul(p, x), f32x4.gt(x, f32x4.splat(0)));
  }
}
export function parametric_leakyRelu(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  mapWith<LeakyRelu>(out, x, n, p, q);
}

/** log(1 + exp(p·x))/p = max(x, 0) + log(1 + exp(−|p·x|))/p */
@unmanaged
class Softplus {
  @inline
  of(x: v128, p: v128, q: v128): v128 {
    return f32x4.add(atLeast(x, f32x4.splat(0)), f32x4.div(softplusRest(f32x4.mul(p, x)), p));
  }
}
export function parametric_softplus(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  mapWith<Softplus>(out, x, n, p, q);
}

@unmanaged
class Clip {
  @inline
  of(x: v128, p: v128, q: v128): v128 {
    return atMost(atLeast(x, p), q);
  }
}
export function parametric_clip(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  mapWith<Clip>(out, x, n, p, q);
}

@unmanaged
class Scale {
  @inline
  of(x: v128, p: v128, q: v128): v128 {
    return f32x4.add(f32x4.mul(x, p), q);
  }
}
export function parametric_scale(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  mapWith<Scale>(out, x, n, p, q);
}

@unmanaged
class HardSigmoidKeras {
  @inline
  of(x: v128, p: v128, q: v128): v128 {
    return atMost(
      atLeast(f32x4.add(f32x4.mul(p, x), q), f32x4.splat(0)), f32x4.splat(1));
  }
}
export function parametric_hardSigmoidKeras(out: usize, x: usize, n: i32, p: f32, q: f32): void {
  mapWith<HardSigmoidKeras>(out, x, n, p, q);
}

@unmanaged
class Square {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(x, x);
  }
}

@unmanaged
class Cube {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(f32x4.mul(x, x), x);
  }
}

@unmanaged
class Fourth {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(f32x4.mul(x, x), f32x4.mul(x, x));
  }
}

@unmanaged
class Reciprocal {
  @inline
  of(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), x);
  }
}

@unmanaged
class InverseSquare {
  @inline
  of(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), f32x4.mul(x, x));
  }
}

/** √x as a power: pow(−0, ½) is +0 and pow(−∞, ½) is +∞, unlike the square root. */
@inline
function root(x: v128): v128 {
  const infinity = f32x4.splat(Infinity);
  return v128.bitselect(infinity, f32x4.sqrt(f32x4.add(x, f32x4.splat(0))), f32x4.eq(f32x4.abs(x), infinity));
}

@unmanaged
class Root {
  @inline
  of(x: v128): v128 {
    return root(x);
  }
}

@unmanaged
class InverseRoot {
  @inline
  of(x: v128): v128 {
    return f32x4.div(f32x4.splat(1), root(x));
  }
}

/** x^p for the exponents 2, 3, 4, −1, −2, ½ and −½, which need no logarithm; false for the others. */
export function parametric_powScalar(out: usize, x: usize, n: i32, p: f32, _q: f32): bool {
  if (p == 2) map<Square>(out, x, n);
  else if (p == 3) map<Cube>(out, x, n);
  else if (p == 4) map<Fourth>(out, x, n);
  else if (p == -1) map<Reciprocal>(out, x, n);
  else if (p == -2) map<InverseSquare>(out, x, n);
  else if (p == 0.5) map<Root>(out, x, n);
  else if (p == -0.5) map<InverseRoot>(out, x, n);
  else return false;
  return true;
}
