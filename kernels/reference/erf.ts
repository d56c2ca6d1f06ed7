// The error function to double precision, by the rational approximations of W. J. Cody,
// "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
// The coefficients are in falling powers; the denominators are monic.

const nearNumerator = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
]
const nearDenominator = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171]
const middleNumerator = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
  881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
]
const middleDenominator = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
]
const farNumerator = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
]
const farDenominator = [
  1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
]

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (const c of coefficients) sum = sum * x + c
  return sum
}

const near = (x: number): number =>
  (x * polynomial(nearNumerator, x * x)) / polynomial(nearDenominator, x * x)

/** exp(−y²) with y² split into an exact high part and a small rest, so that its rounding does not grow. */
function expMinusSquare(y: number): number {
  const high = Math.trunc(y * 16) / 16
  return Math.exp(-high * high) * Math.exp(-(y - high) * (y + high))
}

/** erfc(y) for y > 0.46875. */
function tail(y: number): number {
  if (y <= 4) return (expMinusSquare(y) * polynomial(middleNumerator, y)) / polynomial(middleDenominator, y)
  if (y > 27) return 0
  const z = 1 / (y * y)
  const correction = (z * polynomial(farNumerator, z)) / polynomial(farDenominator, z)
  return (expMinusSquare(y) * (1 / Math.sqrt(Math.PI) - correction)) / y
}

/** erf(x) = 2/√π ∫₀ˣ exp(−t²) dt */
export function erf(x: number): number {
  const y = Math.abs(x)
  if (!(y > 0.46875)) return near(x)
  return x > 0 ? 1 - tail(y) : tail(y) - 1
}

/** 1 − erf(x), with full relative accuracy where it is tiny. */
export function erfc(x: number): number {
  const y = Math.abs(x)
  if (!(y > 0.46875)) return 1 - near(x)
  return x > 0 ? tail(y) : 2 - tail(y)
}
