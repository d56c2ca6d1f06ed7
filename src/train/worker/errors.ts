import * as errors from '../../errors.ts'

/** An error as data: what structured cloning would lose of a class with fields. */
export interface PackedError {
  readonly name: string
  readonly message: string
  readonly stack: string
  /** Own fields that can be cloned. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause: PackedError | null
}

/** Classes whose errors come back as what they were. */
const classes = new Map<string, { readonly prototype: Error }>(
  [
    ...Object.values(errors),
    Error,
    TypeError,
    RangeError,
    ReferenceError,
    SyntaxError,
    EvalError,
    URIError,
  ].map(made => [made.prototype.name, made]),
)

const OWN = new Set(['name', 'message', 'stack', 'cause'])

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

export function packError(thrown: unknown): PackedError {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', message: String(thrown), stack: '', fields: {}, cause: null }
  }
  const fields = Object.entries(thrown).filter(([key, value]) => !OWN.has(key) && isCloneable(value))
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack ?? '',
    fields: Object.fromEntries(fields),
    cause: thrown.cause === undefined ? null : packError(thrown.cause),
  }
}

/** The error with its class, message and fields; its stack is that of the worker. */
export function unpackError({ name, message, stack, fields, cause }: PackedError): Error {
  const error = new Error(message, cause === null ? undefined : { cause: unpackError(cause) })
  const known = classes.get(name)
  if (known === undefined) Object.defineProperty(error, 'name', { value: name, configurable: true })
  else Object.setPrototypeOf(error, known.prototype)
  Object.assign(error, fields)
  if (stack !== '') error.stack = `${stack}\n    in the training worker`
  return error
}
