import { describe, expect, it } from 'vitest'
import { FormatError, ValueError } from '../../../src/errors.ts'
import { errorOf } from '../../setup/errors.ts'
import { floats, runOperator, wholes } from './graphs.ts'
import { count, elementwise, float, layers, picking, shapes } from './operator-cases.ts'

const close = (got: readonly number[], want: readonly number[]): void => {
  expect(got.length).toBe(want.length)
  got.forEach((value, i) => {
    if (Number.isNaN(want[i])) expect(value).toBeNaN()
    else expect(value).toBeCloseTo(want[i], 5)
  })
}

describe.each([
  ['element by element', elementwise],
  ['shapes', shapes],
  ['picking and placing', picking],
  ['layers', layers],
] as const)('operators: %s', (_, cases) => {
  it.each(cases.map(item => [`${item[1]} ${item[0]}`, item] as const))(
    '%s',
    (_name, [, opType, inputs, options, want, shape]) => {
      const [first] = runOperator(opType, inputs, options)
      close(first.data, want)
      if (shape !== undefined) expect(first.shape).toEqual(shape)
    },
  )
})

describe('operators with several results', () => {
  it('finds places in columns with storage_order 1', () => {
    const [, places] = runOperator('MaxPool', [floats(count(9), [1, 1, 3, 3])], {
      outputs: 2,
      attributes: { kernel_shape: [2, 2], storage_order: 1 },
    })
    expect(places.data).toEqual([4, 7, 5, 8])
    expect(places.type).toBe('int64')
  })

  it('moves statistics in training mode', () => {
    const [y, mean, variance] = runOperator(
      'BatchNormalization',
      [floats([1, 3], [2, 1]), floats([2]), floats([1]), floats([0]), floats([1])],
      { outputs: 3, attributes: { training_mode: 1, epsilon: float(0), momentum: float(0.5) } },
    )
    close(y.data, [-1, 3])
    close(mean.data, [1])
    close(variance.data, [1])
  })
})

function refused(body: () => unknown, type: typeof FormatError | typeof ValueError, message: RegExp): void {
  const error = errorOf(body)
  expect(error).toBeInstanceOf(type)
  expect(error.message).toMatch(message)
}

describe('operators that refuse', () => {
  it('name themselves and what is wrong', () => {
    refused(
      () => runOperator('Reshape', [floats([1, 2, 3]), wholes([2, 2])]),
      FormatError,
      /Reshape "node0".*\[3\].*\[2, 2\]/,
    )
    refused(
      () => runOperator('Gather', [floats([1, 2]), wholes([5])], { attributes: { axis: 0 } }),
      ValueError,
      /5/,
    )
    refused(() => runOperator('Add', [floats([1])]), FormatError, /its input 1 is missing/)
    refused(
      () => runOperator('Elu', [floats([1])], { attributes: { alpha: 1 } }),
      FormatError,
      /type 2 where float is due/,
    )
  })

  it('make no more than the run allows', () => {
    const huge = wholes([2 ** 20, 2 ** 20])
    refused(() => runOperator('ConstantOfShape', [huge]), ValueError, /268435456 elements/)
    refused(() => runOperator('Expand', [floats([1]), huge]), ValueError, /Expand/)
    refused(
      () => runOperator('Range', [wholes([0], []), wholes([2 ** 40], []), wholes([1], [])]),
      ValueError,
      /Range/,
    )
  })
})
