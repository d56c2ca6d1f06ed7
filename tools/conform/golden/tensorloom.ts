import { add, mul, sum, type Tensor, tensor } from '../../../src/index.ts'
import type { GoldenDType, Values } from '../decode.ts'
import type { Library } from './library.ts'

const dtypes = { f32: 'float32', f64: 'float32', i32: 'int32', u8: 'bool' } as const

/** This library, as the driver of ordinary cases sees it. */
export const tensorloom: Library<Tensor> = {
  tensor: createTensor,
  read: readTensor,
  weightedSum: pairs =>
    pairs.map(([output, weight]) => sum(mul(output, weight))).reduce((total, term) => add(total, term)),
  backward: loss => {
    if (loss.requiresGrad) loss.backward()
  },
  gradient: leaf => leaf.grad,
}

export function createTensor({ data, shape, dtype }: Values, requiresGrad = false): Tensor {
  return tensor(data, { shape, dtype: dtypes[dtype], requiresGrad })
}

export function readTensor(source: Tensor): Values {
  const values = source.values()
  const { shape } = source
  if (source.dtype === 'bool') return { dtype: 'u8', shape, data: Uint8Array.from(values) }
  const dtype: GoldenDType =
    values instanceof Int32Array ? 'i32' : values instanceof Float64Array ? 'f64' : 'f32'
  return { dtype, shape, data: values }
}
