import { ValueError } from '../../errors.ts'
import { checkHyperparameter } from '../hyperparameters.ts'
import { checkCount, checkRate, describeSchedule, type Schedule } from './schedule.ts'

export interface CosineScheduleOptions {
  /** lr₀ */
  readonly learningRate: number
  /** T: steps from the top to the bottom. */
  readonly steps: number
  /** The rate at the bottom. Default 0. */
  readonly minimum?: number
  /**
   * What follows the descent: the minimum (`'stay'`, default), the same way back and so on (`'mirror'`, PyTorch's
   * CosineAnnealingLR), or a new descent from the top (`'restart'`).
   */
  readonly afterwards?: 'stay' | 'mirror' | 'restart'
  /** With restarts: each descent takes so many times as long as the one before. A whole number, default 1. */
  readonly lengthFactor?: number
  /** With restarts: the top of each descent, as a multiple of the one before. Default 1. */
  readonly topFactor?: number
}

/** Half a wave from `from` (part 0) to `to` (part 1). */
const glide = (from: number, to: number, part: number): number =>
  to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2

/**
 * Falls along half a cosine, once or with warm restarts (Loshchilov & Hutter 2017).
 *
 *   lr(t) = min + (lr₀ − min)/2 · (1 + cos(π·t/T))
 *
 * @throws ValueError for options out of range
 * @example cosineSchedule({ learningRate: 0.1, steps: 1000 }).at(500)   // 0.05
 */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  const name = 'cosineSchedule'
  const { learningRate, steps, minimum = 0, afterwards = 'stay', lengthFactor = 1, topFactor = 1 } = options
  checkRate(name, learningRate)
  checkRate(name, minimum, 'minimum')
  checkCount(name, 'steps', steps)
  checkCount(name, 'lengthFactor', lengthFactor)
  checkHyperparameter(name, 'topFactor', topFactor, { from: 0 })
  if (afterwards !== 'stay' && afterwards !== 'mirror' && afterwards !== 'restart') {
    throw new ValueError({
      operation: name,
      problem: `knows afterwards: 'stay', 'mirror' and 'restart', got '${String(afterwards)}'.`,
      argument: 'afterwards',
      received: afterwards,
    })
  }
  const at = (t: number): number => {
    if (afterwards === 'mirror') return glide(learningRate, minimum, t / steps)
    if (afterwards === 'stay') return glide(learningRate, minimum, Math.min(t / steps, 1))
    let [start, length, top] = [0, steps, learningRate]
    // Cycles of one length are skipped at once; growing ones are few.
    if (lengthFactor === 1) {
      const cycle = Math.floor(t / steps)
      return glide(learningRate * topFactor ** cycle, minimum, (t - cycle * steps) / steps)
    }
    while (t >= start + length) {
      start += length
      length *= lengthFactor
      top *= topFactor
    }
    return glide(top, minimum, (t - start) / length)
  }
  return describeSchedule('cosine', options, at)
}

export interface OneCycleScheduleOptions {
  /** The rate at the top. */
  readonly learningRate: number
  /** Steps of the whole cycle. */
  readonly steps: number
  /** Share of the steps that rise. Default 0.3. */
  readonly rise?: number
  /** The rate begins at the top divided by this. Default 25. */
  readonly startDivisor?: number
  /** It ends at its beginning divided by this. Default 10,000. */
  readonly endDivisor?: number
  /** Default `'cosine'`. */
  readonly shape?: 'cosine' | 'linear'
}

/**
 * Rises to the top and falls far below its beginning, once (Smith & Topin 2018; PyTorch's OneCycleLR).
 *
 *   lr: top/startDivisor → top in rise·steps, → top/(startDivisor·endDivisor) in the last step
 *
 * After the cycle the rate stays at its end.
 *
 * @throws ValueError for options out of range
 * @example oneCycleSchedule({ learningRate: 0.1, steps: 100 }).at(29)   // 0.1, the top
 */
export function oneCycleSchedule(options: OneCycleScheduleOptions): Schedule {
  const name = 'oneCycleSchedule'
  const { learningRate, steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4, shape = 'cosine' } = options
  checkRate(name, learningRate)
  checkCount(name, 'steps', steps)
  checkHyperparameter(name, 'rise', rise, { from: 0 })
  checkHyperparameter(name, 'startDivisor', startDivisor, { above: 0 })
  checkHyperparameter(name, 'endDivisor', endDivisor, { above: 0 })
  if (rise > 1 || (shape !== 'cosine' && shape !== 'linear')) {
    throw new ValueError({
      operation: name,
      problem: `needs rise ≤ 1 and shape 'cosine' or 'linear', got ${rise} and '${String(shape)}'.`,
      argument: rise > 1 ? 'rise' : 'shape',
      received: rise > 1 ? rise : shape,
    })
  }
  const start = learningRate / startDivisor
  const end = start / endDivisor
  const top = rise * steps - 1
  const last = steps - 1
  const between = (from: number, to: number, part: number): number =>
    shape === 'cosine' ? glide(from, to, part) : from + (to - from) * part
  return describeSchedule('oneCycle', options, t => {
    if (t < top) return between(start, learningRate, t / top)
    if (t >= last) return end
    return between(learningRate, end, (t - top) / (last - top))
  })
}
