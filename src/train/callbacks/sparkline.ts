import { StateReader } from '../../io/state-reader.ts'
import { refuseUnknown } from '../../nn/options.ts'
import { checkCount } from '../../optim/schedules/schedule.ts'
import type { Callback } from '../callback.ts'
import { defaultOutput, type ProgressOutput } from '../progress.ts'

const LEVELS = '▁▂▃▄▅▆▇█'

/**
 * Numbers as a line of bars, from their least (▁) to their greatest (█); more than `width` of them are thinned out, the
 * last one staying. A number that is not finite is a gap.
 *
 * @example sparkline([3, 2, 1])   // '█▅▁'
 */
export function sparkline(values: readonly number[], options: { readonly width?: number } = {}): string {
  const { width = 40 } = options
  checkCount('sparkline', 'width', width)
  const count = Math.min(width, values.length)
  const shown = Array.from({ length: count }, (_, i) =>
    count === 1 ? values[values.length - 1] : values[Math.round((i * (values.length - 1)) / (count - 1))],
  )
  const finite = shown.filter(Number.isFinite)
  const [least, greatest] = [Math.min(...finite), Math.max(...finite)]
  const level = (value: number): string => {
    if (!Number.isFinite(value)) return ' '
    const part = greatest === least ? 0 : (value - least) / (greatest - least)
    return LEVELS[Math.round(part * (LEVELS.length - 1))]
  }
  return shown.map(level).join('')
}

export interface SparklinesOptions {
  /** Cells of a line. Default 40. */
  readonly width?: number
  /** Default: the terminal, or the console. */
  readonly output?: ProgressOutput
}

/**
 * Draws every figure's course after each epoch, a line each:
 *
 *     loss     █▆▄▃▂▂▁▁  0.2113
 *     valLoss  █▅▃▃▂▂▂▂  0.2984
 *
 * @example await model.fit(x, y, { epochs: 10, callbacks: [sparklines()] })
 */
export function sparklines(options: SparklinesOptions = {}): Callback {
  refuseUnknown('sparklines', options, ['width', 'output'])
  const { width = 40, output = defaultOutput() } = options
  checkCount('sparklines', 'width', width)
  let courses = new Map<string, number[]>()
  return {
    name: 'sparklines',
    onTrainBegin: () => {
      courses = new Map()
    },
    onEpochEnd: (_, logs) => {
      const names = Object.keys(logs)
      const widest = Math.max(...names.map(name => name.length))
      for (const name of names) courses.set(name, [...(courses.get(name) ?? []), logs[name]])
      for (const [name, course] of courses) {
        const last = course[course.length - 1]
        output.write(`  ${name.padEnd(widest)}  ${sparkline(course, { width })}  ${last.toPrecision(4)}\n`)
      }
    },
    stateDict: () => new Map(courses),
    loadStateDict: state => {
      const saved = new StateReader(state, 'sparklines')
      courses = new Map(saved.names.map(name => [name, saved.numbers(name)]))
    },
  }
}
