import { describe, expect, it } from 'vitest'
import { packError, unpackError } from '../../../src/train/worker/errors.ts'
import { ShapeError, TensorloomError, ValueError } from '../../../src/index.ts'

/** As an error arrives in another thread. */
const sent = (error: unknown): Error => unpackError(structuredClone(packError(error)))

describe('an error that goes from thread to thread', () => {
  it('keeps class, message, fields, layers and cause', () => {
    const cause = new RangeError('deep')
    const error = new ShapeError({
      operation: 'matmul',
      problem: 'needs equal inner sizes.',
      hint: 'transpose.',
      shapes: [[1, 2]],
      cause,
    })
    error.enterLayer('Dense "a"')
    const arrived = sent(error)
    expect(arrived).toBeInstanceOf(ShapeError)
    expect(arrived).toBeInstanceOf(TensorloomError)
    expect(arrived).toMatchObject({
      name: 'ShapeError',
      message: error.message,
      operation: 'matmul',
      hint: 'transpose.',
      shapes: [[1, 2]],
      layers: ['Dense "a"'],
    })
    expect(arrived.cause).toBeInstanceOf(RangeError)
    expect(arrived.stack).toContain('in the training worker')
  })

  it('leaves behind what cannot be cloned', () => {
    const error = new ValueError({ operation: 'fit', problem: 'got a function.', received: () => 1 })
    const arrived = sent(error)
    expect(arrived.message).toBe('fit got a function.')
    expect('received' in arrived).toBe(false)
  })

  it('keeps the name of a class that is not known here', () => {
    class StrangeError extends Error {
      override readonly name = 'StrangeError'
    }
    expect(sent(new StrangeError('odd'))).toMatchObject({ name: 'StrangeError', message: 'odd' })
  })

  it('may be no error at all', () => {
    expect(sent('just text').message).toBe('just text')
  })
})
