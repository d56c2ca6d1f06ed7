// Derivatives of activations times what flows back, in terms of y = f(x) or of x.

import { mapPairs } from './map';
import { sigmoid } from './math';
import { bell, geluTanhGate, geluTanhSlope, normalCdf } from './normal';
import { madd, nmadd } from './vector';

@unmanaged
class TanhGrad {
  @inline
  of(y: v128, g: v128): v128 {
    return f32x4.mul(g, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  }
}
export function gradient_tanhGrad(out: usize, y: usize, g: usize, n: i32): void {
  mapPairs<TanhGrad>(out, y, g, n);
}

@unmanaged
class SigmoidGrad {
  @inline
  of(y: v128, g: v128): v128 {
    return f32x4.mul(f32x4.mul(g, y), f32x4.sub(f32x4.splat(1), y));
  }
}
export function gradient_sigmoidGrad(out: usize, y: usize, g: usize, n: i32): void {
  mapPairs<SigmoidGrad>(out, y, g, n);
}

@unmanaged
class ReluGrad {
  @inline
  of(y: v128, g: v128): v128 {
    return v128.and(g, f32x4.gt(y, f32x4.splat(0)));
  }
}
export function gradient_reluGrad(out: usize, y: usize, g: usize, n: i32): void {
  mapPairs<ReluGrad>(out, y, g, n);
}

@unmanaged
class GeluGrad {
  @inline
  of(x: v128, g: v128): v128 {
    // Φ + x·φ
    const b = bell(x);
    const density = f32x4.mul(b, f32x4.splat(0.3989422804014327));
    return f32x4.mul(g, madd(x, density, normalCdf(x, b)));
  }
}
export function gradient_geluGrad(out: usize, x: usize, g: usize, n: i32): void {
  mapPairs<GeluGrad>(out, x, g, n);
}

@unmanaged
class GeluTanhGrad {
  @inline
  of(x: v128, g: v128): v128 {
    // s + x·s·(1 − s)·2u′
    const s = geluTanhGate(x);
    const rest = f32x4.mul(f32x4.mul(x, geluTanhSlope(x)), f32x4.sub(f32x4.splat(1), s));
    return f32x4.mul(g, madd(s, rest, s));
  }
}
export function gradient_geluTanhGrad(out: usize, x: usize, g: usize, n: i32): void {
  mapPairs<GeluTanhGrad>(out, x, g, n);
}

@unmanaged
class SiluGrad {
  @inline
  of(x: v128, g: v128): v128 {
    // σ·(1 + x·(1 − σ))
    const s = sigmoid(x);
    return f32x4.mul(g, madd(s, nmadd(x, s, x), s));
  }
}
export function gradient_siluGrad(out: usize, x: usize, g: usize, n: i32): void {
  mapPairs<SiluGrad>(out, x, g, n);
}
