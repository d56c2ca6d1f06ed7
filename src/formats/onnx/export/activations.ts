import type { ActivationName } from '../../../nn/activations.ts'
import type { Scope } from './scope.ts'

type Write = (scope: Scope, x: string) => string

/** x·f(x) */
const gated =
  (f: Write): Write =>
  (scope, x) =>
    scope.op('Mul', [x, f(scope, x)])

const plain =
  (opType: string, attributes: Readonly<Record<string, { readonly float: number }>> = {}): Write =>
  (scope, x) =>
    scope.op(opType, [x], attributes)

/** ½·(1 + erf(x/√2)): the operator of its own is younger than version 17. */
const normalDistribution: Write = (scope, x) => {
  const error = scope.op('Erf', [scope.op('Mul', [x, scope.float(Math.SQRT1_2)])])
  return scope.op('Mul', [scope.op('Add', [error, scope.float(1)]), scope.float(0.5)])
}

/** ½·(1 + tanh(√(2/π)·(x + 0.044715·x³))) */
const tanhDistribution: Write = (scope, x) => {
  const cube = scope.op('Mul', [scope.op('Mul', [x, x]), x])
  const sum = scope.op('Add', [x, scope.op('Mul', [cube, scope.float(0.044715)])])
  const wave = scope.op('Tanh', [scope.op('Mul', [sum, scope.float(Math.sqrt(2 / Math.PI))])])
  return scope.op('Mul', [scope.op('Add', [wave, scope.float(1)]), scope.float(0.5)])
}

const WRITERS: Readonly<Record<ActivationName, Write>> = {
  linear: (_, x) => x,
  relu: plain('Relu'),
  relu6: (scope, x) => scope.op('Clip', [x, scope.float(0), scope.float(6)]),
  leakyRelu: plain('LeakyRelu', { alpha: { float: 0.01 } }),
  elu: plain('Elu', { alpha: { float: 1 } }),
  selu: plain('Selu'),
  gelu: gated(normalDistribution),
  geluTanh: gated(tanhDistribution),
  silu: gated(plain('Sigmoid')),
  mish: gated((scope, x) => scope.op('Tanh', [scope.op('Softplus', [x])])),
  tanh: plain('Tanh'),
  sigmoid: plain('Sigmoid'),
  hardSigmoid: plain('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  logSoftmax: (scope, x) => scope.op('LogSoftmax', [x], { axis: -1 }),
  softmax: (scope, x) => scope.op('Softmax', [x], { axis: -1 }),
}

/** An activation by name; softmax runs over the last axis. */
export const writeActivation = (scope: Scope, name: ActivationName, x: string): string =>
  WRITERS[name](scope, x)
