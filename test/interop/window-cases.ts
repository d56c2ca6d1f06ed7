import { type Case, floats, image, random, wholes } from './operator-values.ts'

export const unary = [
  'Abs',
  'Asinh',
  'Atan',
  'Ceil',
  'Cos',
  'Elu',
  'Erf',
  'Exp',
  'Floor',
  'HardSwish',
  'Mish',
  'Neg',
  'Round',
  'Selu',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sinh',
  'Softplus',
  'Softsign',
  'Tan',
  'Tanh',
  'Cosh',
  'Asin',
  'Acos',
  'Atanh',
  'Celu',
  'HardSigmoid',
  'LeakyRelu',
  'Shrink',
  'ThresholdedRelu',
  'Relu',
  'Gelu',
  'Hardmax',
  'IsNaN',
]

export const poolings = (['AveragePool', 'MaxPool', 'LpPool'] as const).flatMap((opType): Case[] => [
  { opType, inputs: [image()], attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] } },
  {
    opType,
    inputs: [image()],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' },
  },
  {
    opType,
    inputs: [image()],
    attributes: { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' },
  },
  {
    opType,
    inputs: [image()],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, pads: [1, 1, 1, 1] },
  },
  { opType, inputs: [random(1, 2, 9)], attributes: { kernel_shape: [3], dilations: [2], pads: [1, 2] } },
  { opType, inputs: [random(1, 2, 5, 6, 4)], attributes: { kernel_shape: [2, 3, 2], strides: [1, 2, 1] } },
])

export const convolutions: Case[] = [
  {
    opType: 'Conv',
    inputs: [image(), random(6, 2, 3, 2), random(6)],
    attributes: { group: 2, pads: [1, 0, 2, 1], strides: [2, 1], dilations: [1, 2] },
  },
  {
    opType: 'Conv',
    inputs: [random(2, 3, 9), random(4, 3, 3)],
    attributes: { auto_pad: 'SAME_LOWER', strides: [2] },
  },
  {
    opType: 'Conv',
    inputs: [random(1, 2, 5, 6, 4), random(4, 1, 2, 3, 2), random(4)],
    attributes: { group: 2, strides: [2, 1, 1], dilations: [2, 1, 1], pads: [1, 1, 0, 0, 1, 1] },
  },
  {
    opType: 'ConvTranspose',
    inputs: [image(), random(4, 3, 3, 2), random(6)],
    attributes: { group: 2, pads: [1, 0, 0, 1], strides: [2, 3], output_padding: [1, 2] },
  },
  {
    opType: 'ConvTranspose',
    inputs: [image(), random(4, 2, 3, 3)],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  {
    opType: 'ConvTranspose',
    inputs: [image(), random(4, 2, 3, 3)],
    attributes: { output_shape: [15, 12], strides: [2, 2] },
  },
  {
    opType: 'ConvTranspose',
    inputs: [random(2, 3, 5), random(3, 2, 4)],
    attributes: { dilations: [2], strides: [2], pads: [1, 2] },
  },
  {
    opType: 'ConvTranspose',
    inputs: [random(1, 2, 3, 4, 3), random(2, 2, 2, 3, 2)],
    attributes: { strides: [2, 1, 2], pads: [0, 1, 0, 1, 0, 0], dilations: [2, 1, 1] },
  },
]

/** The runtime rounds sizes before it aligns corners, where the standard's own files do not: exact scales only. */
export const scalesFor = (coordinates: string): readonly (readonly number[])[] =>
  coordinates === 'align_corners'
    ? [[1, 1, 2, 1.5]]
    : [
        [1, 1, 2, 1.5],
        [1, 1, 0.65, 0.45],
      ]

export const resizes = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'half_pixel_symmetric',
].flatMap(coordinates => [
  ...['nearest', 'linear', 'cubic'].flatMap(mode =>
    scalesFor(coordinates).map(
      (scales): Case => ({
        opType: 'Resize',
        opset: 19,
        inputs: [image(), null, floats(...scales)],
        attributes: { mode, coordinate_transformation_mode: coordinates },
      }),
    ),
  ),
  ...['linear', 'cubic'].map(
    (mode): Case => ({
      opType: 'Resize',
      opset: 19,
      inputs: [image(), null, floats(1, 1, 0.65, 0.45)],
      attributes: {
        mode,
        coordinate_transformation_mode: 'half_pixel',
        antialias: 1,
        exclude_outside: mode === 'cubic' ? 1 : 0,
      },
    }),
  ),
  ...['round_prefer_ceil', 'floor', 'ceil'].map(
    (nearest): Case => ({
      opType: 'Resize',
      opset: 19,
      inputs: [image(), null, null, wholes(2, 4, 5, 11)],
      attributes: { mode: 'nearest', nearest_mode: nearest, coordinate_transformation_mode: coordinates },
    }),
  ),
])
