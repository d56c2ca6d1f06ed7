import { ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'

export interface WordColoursOptions {
  /** `terminal` for ANSI colours, `html` for an element to put into a page, `svg` for a picture. Default `terminal`. */
  readonly format?: 'terminal' | 'html' | 'svg'
  /** The strength that gets the full colour. Default: the strongest word's. */
  readonly scale?: number
}

/** Blue for what speaks for the output, orange against it: told apart by those who cannot tell red from green. */
const FOR = [0, 114, 178] as const
const AGAINST = [213, 94, 0] as const

/**
 * Words in colours by their attribution: blue where they raise the output, orange where they lower it, the stronger
 * the more.
 *
 * @throws ValueError when there are not as many values as words, or a value is not finite
 * @example wordColours(['not', 'good'], [-0.4, 0.1], { format: 'html' })
 */
export function wordColours(
  words: readonly string[],
  values: ArrayLike<number>,
  options: WordColoursOptions = {},
): string {
  refuseUnknown('wordColours', options, ['format', 'scale'])
  const { format = 'terminal' } = options
  const strengths = Array.from(values)
  if (strengths.length !== words.length || !strengths.every(Number.isFinite)) {
    throw new ValueError({
      operation: 'wordColours',
      problem: `needs a finite value for each of ${words.length} words, got ${strengths.length} values.`,
      hint: 'leave out the padding: the last words.length values of a row.',
      argument: 'values',
      received: values,
    })
  }
  const scale = options.scale ?? Math.max(...strengths.map(Math.abs), Number.MIN_VALUE)
  const parts = words.map((word, i) => ({ word, part: Math.max(-1, Math.min(1, strengths[i] / scale)) }))
  if (format === 'html') return parts.map(({ word, part }) => htmlWord(word, part)).join(' ')
  if (format === 'svg') return svg(parts)
  if (format === 'terminal') return parts.map(({ word, part }) => terminalWord(word, part)).join(' ')
  throw new ValueError({
    operation: 'wordColours',
    problem: `knows the formats terminal, html and svg, got ${String(format)}.`,
    argument: 'format',
    received: format,
  })
}

interface Part {
  readonly word: string
  /** −1 … 1 */
  readonly part: number
}

const signed = (part: number): string => `${part >= 0 ? '+' : '−'}${Math.abs(part).toFixed(2)}`

const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The colour over white, as strong as the word. */
function overWhite(part: number): [red: number, green: number, blue: number] {
  const strength = Math.abs(part)
  const [red, green, blue] = (part >= 0 ? FOR : AGAINST).map(value =>
    Math.round(255 + (value - 255) * strength),
  )
  return [red, green, blue]
}

/** Black or white, whichever is easier to read on the background (relative luminance of WCAG 2). */
function inkOn(background: readonly number[]): '#000' | '#fff' {
  const [red, green, blue] = background.map(value => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff'
}

function terminalWord(word: string, part: number): string {
  // A control character in a word must not reach the terminal.
  const shown = word.replaceAll(/\p{Cc}/gu, '�')
  if (Math.abs(part) < 0.02) return shown
  const background = overWhite(part)
  const ink = inkOn(background) === '#000' ? '30' : '97'
  return `\u001b[48;2;${background.join(';')};${ink}m${shown}\u001b[0m`
}

function htmlWord(word: string, part: number): string {
  const background = overWhite(part)
  const style = `background:rgb(${background.join(',')});color:${inkOn(background)};padding:0 .2em;border-radius:.2em`
  return `<span style="${style}" title="${signed(part)}">${escapeMarkup(word)}</span>`
}

const ADVANCE = 9
const GAP = 6
const LINE = 28
const WIDTH = 640

function svg(parts: readonly Part[]): string {
  let x = 0
  let y = 0
  const boxes = parts.map(({ word, part }) => {
    const width = ADVANCE * [...word].length + 8
    if (x > 0 && x + width > WIDTH) {
      x = 0
      y += LINE
    }
    const background = overWhite(part)
    const box =
      `<g transform="translate(${x} ${y})"><title>${escapeMarkup(word)} ${signed(part)}</title>` +
      `<rect width="${width}" height="22" rx="3" fill="rgb(${background.join(',')})"/>` +
      `<text x="4" y="16" fill="${inkOn(background)}" textLength="${width - 8}">${escapeMarkup(word)}</text></g>`
    x += width + GAP
    return box
  })
  const height = y + LINE
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
    `role="img" font-family="ui-monospace, monospace" font-size="15"><title>${escapeMarkup(parts.map(({ word }) => word).join(' '))}</title>${boxes.join('')}</svg>`
  )
}
