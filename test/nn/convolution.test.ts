import { describe, expect, it } from 'vitest'
import {
  averagePooling1d,
  averagePooling2d,
  conv1d,
  conv2d,
  conv2dTranspose,
  convolve2d,
  dense,
  depthwiseConv2d,
  deserializeModel,
  flatten,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  type Layer,
  maxPooling1d,
  maxPooling2d,
  noGrad,
  ones,
  permute,
  separableConv2d,
  sequential,
  serializeModel,
  ShapeError,
  type Tensor,
  tensor,
  upSampling2d,
  ValueError,
} from '../../src/index.ts'
import { UNKNOWN } from '../../src/nn/layer.ts'
import { devices, useDevice } from '../setup/devices.ts'
import { expectClose, normal } from '../setup/numbers.ts'

/** Fresh layers with what they make of images [9, 8, 4] and of images of unknown size. */
const imageLayers: [string, () => Layer<number, number | 'same'>, number[], number[]][] = [
  ['valid', () => conv2d({ filters: 6, kernelSize: [3, 2] }), [7, 7, 6], [UNKNOWN, UNKNOWN, 6]],
  [
    'same, strides',
    () => conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: 'same', groups: 2 }),
    [5, 4, 6],
    [UNKNOWN, UNKNOWN, 6],
  ],
  [
    'numbers, dilation',
    () => conv2d({ filters: 2, kernelSize: 3, padding: [1, [2, 0]], dilationRate: 2, useBias: false }),
    [7, 6, 2],
    [UNKNOWN, UNKNOWN, 2],
  ],
  [
    'depthwise',
    () => depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'relu' }),
    [7, 6, 8],
    [UNKNOWN, UNKNOWN, 8],
  ],
  [
    'separable',
    () => separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }),
    [9, 8, 5],
    [UNKNOWN, UNKNOWN, 5],
  ],
  [
    'transposed',
    () => conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
    [18, 16, 3],
    [UNKNOWN, UNKNOWN, 3],
  ],
  [
    'transposed, output padding',
    () => conv2dTranspose({ filters: 3, kernelSize: [2, 5], strides: 3, outputPadding: [1, 0] }),
    [27, 26, 3],
    [UNKNOWN, UNKNOWN, 3],
  ],
  ['max pooling', () => maxPooling2d(), [4, 4, 4], [UNKNOWN, UNKNOWN, 4]],
  [
    'max pooling, same',
    () => maxPooling2d({ poolSize: 3, padding: 'same' }),
    [3, 3, 4],
    [UNKNOWN, UNKNOWN, 4],
  ],
  [
    'average pooling',
    () => averagePooling2d({ poolSize: [3, 2], strides: 1 }),
    [7, 7, 4],
    [UNKNOWN, UNKNOWN, 4],
  ],
  ['upsampling', () => upSampling2d({ size: [2, 3] }), [18, 24, 4], [UNKNOWN, UNKNOWN, 4]],
  ['bilinear', () => upSampling2d({ interpolation: 'bilinear' }), [18, 16, 4], [UNKNOWN, UNKNOWN, 4]],
  ['global maximum', () => globalMaxPooling2d(), [4], [4]],
  ['global average', () => globalAveragePooling2d({ keepDims: true }), [1, 1, 4], [1, 1, 4]],
]

const sequenceLayers: [string, () => Layer<number, number | 'same'>, number[], number[]][] = [
  [
    'causal',
    () => conv1d({ filters: 3, kernelSize: 3, padding: 'causal', dilationRate: 2 }),
    [9, 3],
    [UNKNOWN, 3],
  ],
  ['strides', () => conv1d({ filters: 3, kernelSize: 4, strides: 2 }), [3, 3], [UNKNOWN, 3]],
  ['max pooling', () => maxPooling1d({ poolSize: 3 }), [3, 4], [UNKNOWN, 4]],
  ['average pooling', () => averagePooling1d({ padding: 'same' }), [5, 4], [UNKNOWN, 4]],
  ['global maximum', () => globalMaxPooling1d(), [4], [4]],
  ['global average', () => globalAveragePooling1d(), [4], [4]],
]

describe.each([
  ['images', [9, 8, 4], [UNKNOWN, UNKNOWN, 4], imageLayers],
  ['sequences', [9, 4], [UNKNOWN, 4], sequenceLayers],
] as const)('layers for %s', (_, shape, anyShape, layers) => {
  it.each(layers)(
    '%s: say the shape that they give, and leave unknown sizes unknown',
    (_name, make, out, any) => {
      const layer = make()
      expect(layer.outputShape(anyShape)).toEqual(any)
      expect(layer.outputShape(shape)).toEqual(out)
      expect(layer.forward(normal([2, ...shape])).shape).toEqual([2, ...out])
      expect(layer.outputShape(anyShape)).toEqual(any)
    },
  )

  it.each(layers)('%s: come back from a saved model', (_name, make) => {
    const model = sequential(make(), flatten(), dense({ units: 2 }))
    const x = normal([2, ...shape])
    const before = noGrad(() => model.forward(x))
    const { model: loaded } = deserializeModel(serializeModel(model))
    expectClose(
      noGrad(() => loaded.forward(x)),
      before,
      0,
    )
  })

  it.each(layers)('%s: give every parameter and the input a gradient', (_name, make) => {
    const layer = make()
    const x = normal([2, ...shape])
    x.requiresGrad = true
    layer.forward(x).square().sum().backward()
    for (const part of [x, ...layer.parameters()]) {
      expect(part.grad?.shape).toEqual(part.shape)
      expect(part.grad?.abs().sum().item()).toBeGreaterThan(0)
    }
  })
})

describe.each(devices)('convolution layers on %s', device => {
  useDevice(device)

  it('take channels first and give what channels last give', () => {
    const last = conv2d({ filters: 3, kernelSize: 3, padding: 'same', inputSize: 2 })
    const first = conv2d({
      filters: 3,
      kernelSize: 3,
      padding: 'same',
      inputSize: 2,
      dataFormat: 'channelsFirst',
    })
    first.loadStateDict(last.stateDict())
    const x = normal([2, 5, 4, 2])
    const got: Tensor = first.forward(permute(x, [0, 3, 1, 2]))
    expectClose(permute(got, [0, 2, 3, 1]), last.forward(x))
    expect(first.outputShape([2, 5, 4])).toEqual([3, 5, 4])
  })

  it('split a separable convolution into its two parts', () => {
    const layer = separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2, inputSize: 2 })
    const x = normal([1, 4, 4, 2])
    const apart = layer.depthwiseKernel.reshape([2, 2, 1, 4])
    const want = convolve2d(convolve2d(x, apart, { groups: 2 }), layer.pointwiseKernel)
    expectClose(layer.forward(x), want)
  })

  it('look back only with causal padding', () => {
    const layer = conv1d({
      filters: 1,
      kernelSize: 2,
      padding: 'causal',
      inputSize: 1,
      kernelInitializer: 'ones',
    })
    expect(layer.forward(tensor([[[1], [2], [4], [8]]])).toArray()).toEqual([[[1], [3], [6], [12]]])
  })

  it('average what lies inside the image, unless padding counts', () => {
    const x = ones([1, 3, 3, 1])
    const layer = averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' })
    expectClose(layer.forward(x), ones([1, 2, 2, 1]))
  })

  it('blend neighbours in bilinear upsampling', () => {
    const row = upSampling2d({ size: [1, 2], interpolation: 'bilinear' }).forward(tensor([[[[0], [4]]]]))
    expect(row.toArray()).toEqual([[[[0], [1], [3], [4]]]])
  })

  it('learn a small pattern', () => {
    const model = sequential(
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      maxPooling2d(),
      flatten(),
      dense({ units: 1 }),
    )
    const x = normal([8, 6, 6, 1])
    const y = normal([8, 1], 2)
    const lossOf = (): Tensor => model.forward(x).sub(y).square().mean()
    const first = lossOf().item()
    for (let step = 0; step < 60; step++) {
      model.zeroGrad()
      lossOf().backward()
      noGrad(() => {
        for (const p of model.parameters()) if (p.grad !== null) p.assign(p.sub(p.grad.mul(0.05)))
      })
    }
    expect(lossOf().item()).toBeLessThan(first / 5)
  })
})

describe('convolution layers', () => {
  it.each([
    [
      'no axis of channels',
      () => conv2d({ filters: 1, kernelSize: 3 }).forward(ones([2, 5, 5])),
      /needs \[batch, height, width, channels\], got \[batch, 5, 5\]/,
    ],
    [
      'other channels',
      () => conv2d({ filters: 1, kernelSize: 3, inputSize: 3, name: 'edge' }).forward(ones([2, 5, 5, 2])),
      /Conv2D "edge": needs .*\(2 ≠ 3 channels\)/,
    ],
    [
      'an image that is too small',
      () => conv2d({ filters: 1, kernelSize: 3 }).forward(ones([1, 5, 2, 1])),
      /needs a width of at least 3 for a window of 3, got 2/,
    ],
    [
      'a sequence that is too short',
      () => maxPooling1d({ poolSize: 4 }).forward(ones([1, 3, 1])),
      /needs a length of at least 4/,
    ],
    [
      'padding that fills a window',
      () => maxPooling2d({ padding: 2 }).forward(ones([1, 4, 4, 1])),
      /padding smaller than the window/,
    ],
  ])('refuse %s', (_, run, message) => {
    expect(run).toThrow(ShapeError)
    expect(run).toThrow(message)
  })

  it.each([
    [
      'groups that do not divide',
      () => conv2d({ filters: 4, kernelSize: 3, groups: 3 }),
      /groups that divide its filters/,
    ],
    [
      'an unknown padding',
      () => conv2d({ filters: 4, kernelSize: 3, padding: 'full' as 'same' }),
      /no padding "full"/,
    ],
    ['strides of 0', () => maxPooling2d({ strides: 0 }), /needs strides to be whole numbers ≥ 1/],
    [
      'an unknown option',
      () => conv1d({ filters: 4, kernelSize: 3, stride: 2 } as never),
      /no option "stride"/,
    ],
    [
      'an unknown format',
      () => maxPooling2d({ dataFormat: 'NCHW' as 'channelsFirst' }),
      /no dataFormat "NCHW"/,
    ],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(ValueError)
    expect(make).toThrow(message)
  })
})
