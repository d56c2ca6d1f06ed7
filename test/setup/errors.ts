import { expect } from 'vitest'
import type { TensorloomError } from '../../src/index.ts'

/** The error that a function throws; fails if it throws none. */
export function errorOf(body: () => unknown): TensorloomError {
  try {
    body()
  } catch (error) {
    return error as TensorloomError
  }
  return expect.fail('it threw nothing')
}

/** The error that a promise rejects with; fails if it is fulfilled. */
export async function rejection(promise: Promise<unknown>): Promise<TensorloomError> {
  return promise.then(
    () => expect.fail('it was fulfilled'),
    (error: TensorloomError) => error,
  )
}
