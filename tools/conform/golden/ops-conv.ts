import * as tl from '../../../src/index.ts'
import { bindAll } from './binding.ts'
import type { Adapters, Call } from './call.ts'

type Tensor = tl.Tensor
type Window = { readonly [Option in 'strides' | 'padding' | 'poolSize']?: readonly [number, number] }

const dataFormat = 'channelsFirst'

/** PyTorch's weight [out, in, ...window] as a kernel [...window, in, out]. */
const kernelOf = (weight: Tensor): Tensor => tl.permute(weight, weight.rank === 3 ? [2, 1, 0] : [2, 3, 1, 0])

const biasOf = (call: Call<Tensor>): Tensor | null =>
  call.parameters.has('bias') ? call.parameter('bias') : null

/** An option that is one number, or one for each axis. */
function pair({ attributes }: Call<Tensor>, name: string): [number, number] {
  try {
    const value = attributes.number(name)
    return [value, value]
  } catch {
    const [height, width] = attributes.numbers(name)
    return [height, width]
  }
}

const window2d = (call: Call<Tensor>): Window => ({
  poolSize: pair(call, 'kernel'),
  strides: pair(call, 'stride'),
  padding: pair(call, 'padding'),
})

const window1d = ({ attributes }: Call<Tensor>) => ({
  poolSize: attributes.number('kernel'),
  strides: attributes.number('stride'),
  padding: attributes.number('padding'),
})

/** Cases of `ops_conv`, in PyTorch's layout, and the convolution layers of `keras_layout`. */
export const convOps: Adapters<Tensor> = {
  conv1d: call => ({
    out: tl.convolve1d(call.input('x'), kernelOf(call.parameter('weight')), {
      bias: biasOf(call),
      strides: call.attributes.number('stride'),
      padding: call.attributes.number('padding'),
      dilationRate: call.attributes.number('dilation'),
      groups: call.attributes.number('groups'),
      dataFormat,
    }),
  }),
  conv2d: call => ({
    out: tl.convolve2d(call.input('x'), kernelOf(call.parameter('weight')), {
      bias: biasOf(call),
      strides: pair(call, 'stride'),
      padding: call.attributes.has('padding', 'same') ? 'same' : pair(call, 'padding'),
      dilationRate: pair(call, 'dilation'),
      groups: call.attributes.number('groups'),
      dataFormat,
    }),
  }),
  conv_transpose2d: call => ({
    // weight [in, out, ...window] → kernel [...window, out, in]
    out: tl.convolveTransposed2d(call.input('x'), tl.permute(call.parameter('weight'), [2, 3, 1, 0]), {
      strides: call.attributes.number('stride'),
      padding: call.attributes.number('padding'),
      outputPadding: call.attributes.number('output_padding'),
      dataFormat,
    }),
  }),
  max_pool1d: call => ({ out: tl.maxPool1d(call.input('x'), { ...window1d(call), dataFormat }) }),
  max_pool2d: call => ({ out: tl.maxPool2d(call.input('x'), { ...window2d(call), dataFormat }) }),
  avg_pool1d: call => {
    // Padding counts in PyTorch unless a case says otherwise.
    const countPadding = !call.attributes.has('count_include_pad', false)
    return { out: tl.averagePool1d(call.input('x'), { ...window1d(call), countPadding, dataFormat }) }
  },
  avg_pool2d: call => {
    const countPadding = call.attributes.flag('count_include_pad')
    return { out: tl.averagePool2d(call.input('x'), { ...window2d(call), countPadding, dataFormat }) }
  },
  global_avg_pool2d: call => ({ out: tl.globalAveragePooling2d({ dataFormat }).forward(call.input('x')) }),
  global_max_pool1d: call => ({ out: tl.globalMaxPooling1d({ dataFormat }).forward(call.input('x')) }),
  upsample_nearest: call => ({
    out: tl.upsample2d(call.input('x'), { size: call.attributes.number('scale'), dataFormat }),
  }),
  keras_conv1d: call => {
    const { filters, inputSize } = sizesOf(call)
    const kernelSize = call.attributes.number('kernel_size')
    return throughLayer(call, new tl.Conv1D({ filters, inputSize, kernelSize }))
  },
  keras_conv2d: call => {
    const { filters, inputSize } = sizesOf(call)
    const kernelSize = pair(call, 'kernel_size')
    const strides = pair(call, 'strides')
    return throughLayer(call, new tl.Conv2D({ filters, inputSize, kernelSize, strides }))
  },
}

function sizesOf(call: Call<Tensor>): { filters: number; inputSize: number } {
  if (!call.attributes.has('padding', 'valid')) throw new Error('the runner knows the padding "valid" only')
  const [inputSize, filters] = call.parameter('kernel').shape.slice(-2)
  return { filters, inputSize }
}

function throughLayer(call: Call<Tensor>, layer: tl.Conv1D | tl.Conv2D): { out: Tensor } {
  const bindings = new Map([['kernel', { parameter: layer.kernel, transposed: false }]])
  if (layer.bias !== null) bindings.set('bias', { parameter: layer.bias, transposed: false })
  bindAll(call, bindings)
  return { out: layer.forward(call.input('x')) }
}
