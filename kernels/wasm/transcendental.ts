// Unary maps built on the exponential and the logarithm.

import { exp, expm1, erf, log, log1p, sigmoid, softplus, tanh } from './math';
import { bell, geluTanhGate, mishGate, normalCdf } from './normal';
import { atMost } from './vector';
import { map, mapPaired } from './map';

@unmanaged
class Exp {
  @inline
  of(x: v128): v128 {
    return exp(x);
  }
}
export function unary_exp(out: usize, x: usize, n: i32): void {
  mapPaired<Exp>(out, x, n);
}

@unmanaged
class Expm1 {
  @inline
  of(x: v128): v128 {
    return expm1(x);
  }
}
export function unary_expm1(out: usize, x: usize, n: i32): void {
  map<Expm1>(out, x, n);
}

@unmanaged
class Log {
  @inline
  of(x: v128): v128 {
    return log(x);
  }
}
export function unary_log(out: usize, x: usize, n: i32): void {
  mapPaired<Log>(out, x, n);
}

@unmanaged
class Log1p {
  @inline
  of(x: v128): v128 {
    return log1p(x);
  }
}
export function unary_log1p(out: usize, x: usize, n: i32): void {
  map<Log1p>(out, x, n);
}

@unmanaged
class Tanh {
  @inline
  of(x: v128): v128 {
    return tanh(x);
  }
}
export function unary_tanh(out: usize, x: usize, n: i32): void {
  mapPaired<Tanh>(out, x, n);
}

@unmanaged
class Erf {
  @inline
  of(x: v128): v128 {
    return erf(x);
  }
}
export function unary_erf(out: usize, x: usize, n: i32): void {
  map<Erf>(out, x, n);
}

@unmanaged
class Sigmoid {
  @inline
  of(x: v128): v128 {
    return sigmoid(x);
  }
}
export function unary_sigmoid(out: usize, x: usize, n: i32): void {
  mapPaired<Sigmoid>(out, x, n);
}

@unmanaged
class LogSigmoid {
  @inline
  of(x: v128): v128 {
    return f32x4.neg(softplus(f32x4.neg(x)));
  }
}
export function unary_logSigmoid(out: usize, x: usize, n: i32): void {
  map<LogSigmoid>(out, x, n);
}

@unmanaged
class Gelu {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(x, normalCdf(x, bell(x)));
  }
}
export function unary_gelu(out: usize, x: usize, n: i32): void {
  mapPaired<Gelu>(out, x, n);
}

@unmanaged
class GeluTanh {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(x, geluTanhGate(x));
  }
}
export function unary_geluTanh(out: usize, x: usize, n: i32): void {
  map<GeluTanh>(out, x, n);
}

@unmanaged
class Silu {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(x, sigmoid(x));
  }
}
export function unary_silu(out: usize, x: usize, n: i32): void {
  mapPaired<Silu>(out, x, n);
}

@unmanaged
class Mish {
  @inline
  of(x: v128): v128 {
    return f32x4.mul(x, mishGate(x));
  }
}
export function unary_mish(out: usize, x: usize, n: i32): void {
  map<Mish>(out, x, n);
}

/** scale·(x > 0 ? x : α·(eˣ − 1)) */
@unmanaged
class Selu {
  @inline
  of(x: v128): v128 {
    return v128.bitselect(
      f32x4.mul(x, f32x4.splat(1.0507009873554805)),
      f32x4.mul(expm1(atMost(x, f32x4.splat(0))), f32x4.splat(1.0507009873554805 * 1.6732632423543772)),
      f32x4.gt(x, f32x4.splat(0)));
  }
}
export function unary_selu(out: usize, x: usize, n: i32): void {
  map<Selu>(out, x, n);
}
