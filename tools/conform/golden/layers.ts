import * as tl from '../../../src/index.ts'
import type { Adapters, Call } from './call.ts'
import { parseArchitecture } from './architecture.ts'

type Tensor = tl.Tensor

/** y = x·Wᵀ + b with PyTorch's weight [out, in]. */
function linear(call: Call<Tensor>, x: Tensor, prefix: string): Tensor {
  const kernel = tl.transpose(call.parameter(`${prefix}weight`))
  return tl.linear(x, kernel, call.parameters.get(`${prefix}bias`) ?? null)
}

/** Dense layers of `layers_basic` and `keras_layout`. */
export const layerOps: Adapters<Tensor> = {
  linear: call => ({ out: linear(call, call.input('x'), '') }),
  mlp: call => {
    let x = call.input('x')
    for (const step of parseArchitecture(call.attributes.text('layers'))) {
      x = step.kind === 'linear' ? linear(call, x, `${step.name}.`) : step.apply(x)
    }
    return { out: x }
  },
}
