import { describe, expect, it } from 'vitest'
import { Value } from '../../../src/formats/onnx/value.ts'
import { FormatError, ValueError } from '../../../src/errors.ts'
import { errorOf } from '../../setup/errors.ts'
import { floats, runOperator, wholes } from './graphs.ts'

type Options = Parameters<typeof runOperator>[2]
type Case = readonly [
  name: string,
  opType: string,
  inputs: readonly (Value | null)[],
  options: Options,
  want: readonly number[],
  shape?: readonly number[],
]

const float = (value: number) => ({ float: value })
const bools = (numbers: readonly number[], shape = [numbers.length]): Value =>
  Value.ofNumbers(numbers, shape, 'bool')
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

const elementwise: readonly Case[] = [
  ['keeps whole numbers whole', 'Div', [wholes([7, -7]), wholes([2, 2])], {}, [3, -3]],
  [
    'takes the remainder with the sign of the divisor',
    'Mod',
    [wholes([-4, 7]), wholes([3, -3])],
    {},
    [2, -2],
  ],
  [
    'takes the remainder with the sign of the dividend',
    'Mod',
    [wholes([-4, 7]), wholes([3, -3])],
    { attributes: { fmod: 1 } },
    [-1, 1],
  ],
  [
    'takes float remainders exactly',
    'Mod',
    [floats([-4.5, 7.5]), floats([3, -3])],
    { attributes: { fmod: 1 } },
    [-1.5, 1.5],
  ],
  [
    'shifts to the right',
    'BitShift',
    [wholes([16, 4]), wholes([1, 2])],
    { attributes: { direction: 'RIGHT' } },
    [8, 1],
  ],
  ['combines bits', 'BitwiseXor', [wholes([6, -1]), wholes([3, 1])], {}, [5, -2]],
  ['inverts bits', 'BitwiseNot', [wholes([0, 5])], {}, [-1, -6]],
  [
    'clips by attributes in version 6',
    'Clip',
    [floats([-2, 0.5, 2])],
    { opset: 6, attributes: { min: float(-1), max: float(1) } },
    [-1, 0.5, 1],
  ],
  [
    'clips to the upper bound where bounds cross',
    'Clip',
    [floats([-2, 2]), floats([3], []), floats([1], [])],
    {},
    [1, 1],
  ],
  [
    'aligns by axis in version 6',
    'Add',
    [floats(count(6), [2, 3]), floats([10, 20])],
    { opset: 6, attributes: { broadcast: 1, axis: 0 } },
    [10, 11, 12, 23, 24, 25],
  ],
  [
    'tells signs of infinity apart',
    'IsInf',
    [floats([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1])],
    { attributes: { detect_negative: 0 } },
    [0, 1, 0],
  ],
  ['chooses with broadcasting', 'Where', [bools([1, 0]), wholes([1, 2]), wholes([9], [])], {}, [1, 9]],
  ['casts towards zero', 'Cast', [floats([-1.7, 1.7])], { attributes: { to: 7 } }, [-1, 1]],
  ['wraps narrow whole numbers', 'Cast', [wholes([300, -1])], { attributes: { to: 2 } }, [44, 255]],
]

const shapes: readonly Case[] = [
  [
    'drops axes by attribute in version 11',
    'Squeeze',
    [floats([1, 2], [1, 2, 1])],
    { opset: 11, attributes: { axes: [0] } },
    [1, 2],
    [2, 1],
  ],
  [
    'splits by attribute in version 2',
    'Split',
    [wholes([1, 2, 3])],
    { opset: 2, outputs: 2, attributes: { split: [1, 2] } },
    [1],
  ],
  [
    'slices by attributes in version 1',
    'Slice',
    [wholes(count(5))],
    { opset: 1, attributes: { starts: [1], ends: [-1] } },
    [1, 2, 3],
  ],
  [
    'slices backwards to the very end',
    'Slice',
    [wholes(count(4)), wholes([3]), wholes([-(2 ** 40)]), wholes([0]), wholes([-1])],
    {},
    [3, 2, 1, 0],
  ],
  [
    'keeps large whole numbers exact',
    'Concat',
    [wholes([2 ** 40]), wholes([1])],
    { attributes: { axis: 0 } },
    [2 ** 40, 1],
  ],
  [
    'repeats one axis in version 1',
    'Tile',
    [floats([1, 2]), wholes([2]), wholes([0])],
    { opset: 1 },
    [1, 2, 1, 2],
  ],
  [
    'pads by reflection',
    'Pad',
    [floats([1, 2, 3]), wholes([2, 1])],
    { attributes: { mode: 'reflect' } },
    [3, 2, 1, 2, 3, 2],
  ],
  [
    'wraps around',
    'Pad',
    [wholes([1, 2, 3]), wholes([1, 2])],
    { attributes: { mode: 'wrap' } },
    [3, 1, 2, 3, 1, 2],
  ],
  [
    'cuts where pads are negative',
    'Pad',
    [wholes([1, 2, 3]), wholes([-1, 1]), wholes([7], [])],
    {},
    [2, 3, 7],
  ],
  [
    'moves depth into columns first',
    'DepthToSpace',
    [floats(count(8), [1, 8, 1, 1])],
    { attributes: { blocksize: 2, mode: 'CRD' } },
    count(8),
    [1, 2, 2, 2],
  ],
  [
    'moves depth into blocks first',
    'DepthToSpace',
    [floats(count(8), [1, 8, 1, 1])],
    { attributes: { blocksize: 2 } },
    [0, 2, 4, 6, 1, 3, 5, 7],
  ],
  ['crops and pads about the middle', 'CenterCropPad', [wholes(count(5)), wholes([3])], {}, [1, 2, 3]],
  ['pads about the middle', 'CenterCropPad', [floats([1, 2]), wholes([5])], {}, [0, 1, 2, 0, 0]],
  ['counts down', 'Range', [wholes([5], []), wholes([0], []), wholes([-2], [])], {}, [5, 3, 1]],
  [
    'keeps the lower triangle of whole numbers',
    'Trilu',
    [wholes([1, 2, 3, 4], [2, 2])],
    { attributes: { upper: 0 } },
    [1, 0, 3, 4],
  ],
]

const picking: readonly Case[] = [
  [
    'picks slices by index tuples behind batch axes',
    'GatherND',
    [wholes(count(8), [2, 2, 2]), wholes([1, 0], [2, 1])],
    { attributes: { batch_dims: 1 } },
    [2, 3, 4, 5],
    [2, 2],
  ],
  [
    'adds what meets',
    'ScatterND',
    [floats([1, 2, 3]), wholes([1, 1], [2, 1]), floats([10, 20])],
    { attributes: { reduction: 'add' } },
    [1, 32, 3],
  ],
  [
    'multiplies whole numbers that meet',
    'ScatterElements',
    [wholes([1, 2, 3]), wholes([-1, 2]), wholes([5, 7])],
    { attributes: { reduction: 'mul' } },
    [1, 2, 105],
  ],
  ['lets the last one win', 'ScatterElements', [floats([1, 2]), wholes([0, 0]), floats([5, 6])], {}, [6, 2]],
  [
    'writes around the end of a cache',
    'TensorScatter',
    [floats(count(4), [1, 4, 1]), floats([8, 9], [1, 2, 1]), wholes([3])],
    { opset: 24, attributes: { mode: 'circular', axis: 1 } },
    [9, 1, 2, 8],
    [1, 4, 1],
  ],
  [
    'keeps what the condition says',
    'Compress',
    [wholes(count(6), [3, 2]), bools([0, 1])],
    { attributes: { axis: 0 } },
    [2, 3],
    [1, 2],
  ],
  ['lists places by axis', 'NonZero', [floats([1, 0, 1, 1], [2, 2])], {}, [0, 1, 1, 0, 0, 1], [2, 3]],
  [
    'takes k from an attribute in version 1',
    'TopK',
    [floats([3, 1, 2])],
    { opset: 1, outputs: 2, attributes: { k: 2 } },
    [3, 2],
  ],
  [
    'takes the smallest',
    'TopK',
    [floats([3, 1, 2]), wholes([2])],
    { outputs: 2, attributes: { largest: 0 } },
    [1, 2],
  ],
  [
    'multiplies from the end, without itself',
    'CumProd',
    [floats([1, 2, 3, 4]), wholes([0], [])],
    { opset: 26, attributes: { reverse: 1, exclusive: 1 } },
    [24, 12, 4, 1],
  ],
  [
    'takes the diagonal',
    'Einsum',
    [floats([1, 2, 3, 4], [1, 2, 2])],
    { attributes: { equation: '...ii ->...i' } },
    [1, 4],
    [1, 2],
  ],
  [
    'multiplies to a number',
    'Einsum',
    [floats([1, 2]), floats([3, 4])],
    { attributes: { equation: 'i,i' } },
    [11],
    [],
  ],
  [
    'broadcasts under dots',
    'Einsum',
    [floats([1, 2], [2, 1, 1]), floats([3, 4], [1, 2])],
    { attributes: { equation: '...ij,...jk' } },
    [3, 4, 6, 8],
    [2, 1, 2],
  ],
]

const layers: readonly Case[] = [
  [
    'flattens to rows before version 13',
    'Softmax',
    [floats([0, 0, 0, 0], [1, 2, 2])],
    { opset: 11 },
    [0.25, 0.25, 0.25, 0.25],
  ],
  [
    'runs along the last axis since version 13',
    'Softmax',
    [floats([0, 0, 0, 0], [1, 2, 2])],
    {},
    [0.5, 0.5, 0.5, 0.5],
  ],
  [
    'reduces by attribute before version 13',
    'ReduceSum',
    [floats(count(6), [2, 3])],
    { opset: 11, attributes: { axes: [1], keepdims: 0 } },
    [3, 12],
    [2],
  ],
  [
    'takes the largest',
    'MaxPool',
    [floats(count(9), [1, 1, 3, 3])],
    { attributes: { kernel_shape: [2, 2] } },
    [4, 5, 7, 8],
  ],
  [
    'puts numbers back',
    'MaxUnpool',
    [floats([5, 8], [1, 1, 1, 2]), wholes([1, 2], [1, 1, 1, 2])],
    { attributes: { kernel_shape: [1, 2], strides: [1, 2] } },
    [0, 5, 8, 0],
    [1, 1, 1, 4],
  ],
  [
    'pools by a norm',
    'LpPool',
    [floats([3, 4, 0, 5], [1, 1, 4])],
    { attributes: { kernel_shape: [2], strides: [2] } },
    [5, 5],
  ],
  [
    'averages what lies inside',
    'AveragePool',
    [floats([2, 4], [1, 1, 2])],
    { attributes: { kernel_shape: [2], pads: [1, 1] } },
    [2, 3, 4],
  ],
  [
    'averages padding too',
    'AveragePool',
    [floats([2, 4], [1, 1, 2])],
    { attributes: { kernel_shape: [2], pads: [1, 1], count_include_pad: 1 } },
    [1, 3, 2],
  ],
  [
    'divides by its neighbours',
    'LRN',
    [floats([1, 1, 1], [1, 3, 1])],
    { attributes: { size: 3, alpha: float(3), beta: float(1), bias: float(1) } },
    [1 / 3, 1 / 4, 1 / 3],
  ],
  [
    'normalises groups',
    'GroupNormalization',
    [floats([0, 2, 5, 5], [1, 4, 1]), floats([1, 1, 1, 1]), floats([0, 0, 0, 3])],
    { attributes: { num_groups: 2, epsilon: float(0) } },
    [-1, 1, Number.NaN, Number.NaN],
  ],
  ['finds determinants of batches', 'Det', [floats([0, 2, 3, 4, 1, 0, 0, 5], [2, 2, 2])], {}, [-6, 5], [2]],
]

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
