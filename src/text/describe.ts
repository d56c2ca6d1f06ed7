/** A value as an error message shows it: quoted, and cut when long. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? value.slice(0, 60) + '…' : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value === null || typeof value !== 'object') return String(value)
  return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`
}

/** True for what has indexed elements: arrays and typed arrays of any realm, but not strings. */
export function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'length' in value &&
    typeof value.length === 'number' &&
    Number.isInteger(value.length) &&
    value.length >= 0
  )
}
