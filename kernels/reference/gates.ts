/** clip(0.2·x + 0.5, 0, 1) */
export const hardSigmoid = (x: number): number => Math.min(1, Math.max(0, 0.2 * x + 0.5))

/** σ′ in terms of y = σ(x). */
export const sigmoidSlope = (y: number): number => y * (1 - y)
/** A clipped value is exactly 0 or 1 and passes no gradient. */
export const hardSigmoidSlope = (y: number): number => (y > 0 && y < 1 ? 0.2 : 0)
