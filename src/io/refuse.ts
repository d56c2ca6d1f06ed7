import { FormatError } from '../errors.ts'

/** Throws the FormatError for a damaged or unsupported safetensors file: where, and what is wrong there. */
export function refuse(location: string, problem: string, hint?: string): never {
  throw new FormatError({
    operation: 'readSafetensors',
    problem: `cannot read ${location}: ${problem}.`,
    hint,
    location,
  })
}

const LONGEST_SHOWN = 60

/** A value for a message: short, and never walked deeply, because it may be as large as the header allows. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clip(value))
  if (Array.isArray(value)) return `[${clip(value.slice(0, LONGEST_SHOWN).map(showElement).join(', '))}]`
  return isObject(value) ? 'an object' : String(value)
}

function showElement(value: unknown): string {
  return typeof value === 'object' && value !== null ? '…' : show(value)
}

function clip(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Half of a surrogate pair has no UTF-8 form: such a name could not be written again. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
