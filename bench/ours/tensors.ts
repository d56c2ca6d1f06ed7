import { type Tensor, tensor } from '../../src/index.ts'
import { dataFor } from '../data.ts'

/** The arrays of a task as tensors. */
export const tensorsFor = (id: string): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(dataFor(id)).map(([name, { shape, values }]) => [
      name,
      tensor(values, { shape, dtype: values instanceof Int32Array ? 'int32' : 'float32' }),
    ]),
  )
