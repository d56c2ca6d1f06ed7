import { ValueError } from '../errors.ts'
import { requireTensor } from '../ops/operand.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Model, ModelResult } from './model.ts'

/** Runs a model: a tensor for each of its outputs. */
export function outputsOf(model: Model<ModelResult>, inputs: readonly Tensor[]): readonly Tensor[] {
  const result: unknown = model.forward(inputs.length === 1 ? inputs[0] : inputs)
  const outputs: readonly unknown[] = Array.isArray(result) ? result : [result]
  const { name, outputNames } = model
  if (outputs.length !== outputNames.length) {
    throw new ValueError({
      operation: `the output of "${name}"`,
      problem: `must be ${outputNames.length} ${outputNames.length === 1 ? 'tensor' : 'tensors'} (${outputNames.join(', ')}), got ${outputs.length}.`,
      hint: 'inputNames and outputNames say how many tensors forward takes and gives.',
    })
  }
  return outputs.map(output => requireTensor(`the output of "${name}"`, output))
}
