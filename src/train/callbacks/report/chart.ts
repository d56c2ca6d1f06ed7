import { epochTicks, scaleFor, shortNumber } from './scale.ts'

/** A line of a chart: a value per epoch. */
export interface Series {
  readonly name: string
  /** `training` or `validation`: decides the colour. */
  readonly role: 'training' | 'validation'
  readonly values: readonly number[]
  /** The place of the best value, which gets a ring; null for none. */
  readonly best: number | null
}

const WIDTH = 560
const HEIGHT = 250
const LEFT = 56
const RIGHT = 16
const TOP = 12
const BOTTOM = 30

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const round = (value: number): string => value.toFixed(1)

/** A chart of figures over epochs as SVG; colours come from the page. */
export function chartOf(title: string, series: readonly Series[], xLabel = 'epoch'): string {
  const count = Math.max(1, ...series.map(({ values }) => values.length))
  const y = scaleFor(series.flatMap(({ values }) => values))
  const across = (epoch: number): number =>
    LEFT + (WIDTH - LEFT - RIGHT) * (count === 1 ? 0.5 : (epoch - 1) / (count - 1))
  const down = (value: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y.place(value)
  const grid = y.ticks
    .map(tick => {
      const at = round(down(tick))
      return (
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>` +
        `<text class="tick" x="${LEFT - 8}" y="${at}" dy="0.32em" text-anchor="end">${shortNumber(tick)}</text>`
      )
    })
    .join('')
  const bottom = epochTicks(count)
    .map(
      tick =>
        `<text class="tick" x="${round(across(tick))}" y="${HEIGHT - 10}" text-anchor="middle">${tick}</text>`,
    )
    .join('')
  const lines = series.map(line => lineOf(line, across, down, count)).join('')
  const summary = series.map(({ name, values }) => `${name}: ${shortNumber(values[values.length - 1])}`)
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(`${title} by ${xLabel}. Last ${summary.join(', ')}.`)}">` +
    `${grid}<text class="tick" x="${LEFT - 8}" y="${HEIGHT - 10}" text-anchor="end">${xLabel}</text>` +
    `${bottom}${lines}</svg>`
  )
}

function lineOf(
  { name, role, values, best }: Series,
  across: (epoch: number) => number,
  down: (value: number) => number,
  count: number,
): string {
  let path = ''
  let isDrawing = false
  values.forEach((value, i) => {
    // A value that is no number leaves a gap.
    if (Number.isFinite(value))
      path += `${isDrawing ? 'L' : 'M'}${round(across(i + 1))} ${round(down(value))}`
    isDrawing = Number.isFinite(value)
  })
  const radius = count > 60 ? 0 : count > 25 ? 2 : 3
  const points = values
    .map((value, i) => {
      if (!Number.isFinite(value)) return ''
      const title = `${name}, epoch ${i + 1}: ${shortNumber(value)}`
      const place = `cx="${round(across(i + 1))}" cy="${round(down(value))}"`
      // The larger, invisible circle is what a pointer finds.
      return (
        `<g class="point">${radius > 0 ? `<circle class="dot ${role}" ${place} r="${radius}"/>` : ''}` +
        `<circle class="target" ${place} r="9"/><title>${escapeText(title)}</title></g>`
      )
    })
    .join('')
  const ring =
    best === null || !Number.isFinite(values[best])
      ? ''
      : `<circle class="ring ${role}" cx="${round(across(best + 1))}" cy="${round(down(values[best]))}" r="6.5"/>`
  return `<path class="line ${role}" d="${path}"/>${ring}${points}`
}
