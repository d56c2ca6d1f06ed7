import { FormatError, TensorloomError, UnsupportedError } from '../errors.ts'

/** Throws the FormatError for a saved model that cannot be loaded: where, and what is wrong there. */
export function refuseModel(
  location: string,
  problem: string,
  more: { readonly hint?: string; readonly cause?: unknown } = {},
): never {
  throw new FormatError({
    operation: 'load',
    problem: `cannot read ${location}: ${problem}.`,
    hint: more.hint,
    location,
    cause: more.cause,
  })
}

/** Runs `body`; any FormatError from inside then names the source (`load "model.json"`) as the one that refused. */
export function fromSource<T>(source: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const { problem, hint, location } = error
    throw new FormatError({ operation: source, problem, hint, location, cause: error.cause ?? error })
  }
}

/** Runs `body`; an error of the library (or, with `all`, any error) is a fault of the file at this place. */
export function blameFile<T>(location: string, all: boolean, body: () => T): T {
  try {
    return body()
  } catch (error) {
    const isSettled = error instanceof FormatError || error instanceof UnsupportedError
    if (isSettled || !(all || error instanceof TensorloomError)) throw error
    const message = error instanceof Error ? error.message : String(error)
    const [sentence, ...rest] = message.split('\n  Hint: ')
    return refuseModel(location, sentence.replace(/\.$/, ''), {
      hint: rest.length > 0 ? rest.join(' ') : undefined,
      cause: error,
    })
  }
}
