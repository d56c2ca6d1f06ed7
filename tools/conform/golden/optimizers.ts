import * as tl from '../../../src/index.ts'
import type { GoldenCase, NamedValues } from './case.ts'
import { createOptimizer } from './optimizer-factory.ts'
import { createTensor, readTensor } from './tensorloom.ts'
import { stepOf, Trajectory } from './trajectory.ts'

/** Hands the optimizer recorded gradients and records the parameters after every step. */
export function runOptimizerGiven(goldenCase: GoldenCase): NamedValues {
  const { op, attributes, inputs, givenGradients } = goldenCase
  const parameters = new Map([...inputs].map(([name, values]) => [name, createTensor(values, true)]))
  const optimizer = createOptimizer(op, attributes, [...parameters.values()])
  const trajectory = new Trajectory()
  const steps = [...givenGradients.values()][0].shape[0]
  for (let step = 0; step < steps; step++) {
    for (const [name, gradients] of givenGradients) {
      const parameter = parameters.get(name)
      if (parameter === undefined) throw new Error(`a gradient for "${name}", which is no input`)
      parameter.gradient = createTensor(stepOf(gradients, step))
    }
    optimizer.step()
    for (const [name, parameter] of parameters) trajectory.record(name, readTensor(parameter))
  }
  return trajectory.stacked()
}

/** Minimizes mean((X·w + c − y)²) from w and c: loss before, parameters after every step. */
export function runOptimizerProblem(goldenCase: GoldenCase): NamedValues {
  const { op, attributes, outputs } = goldenCase
  const X = createTensor(required(goldenCase, 'X'))
  const y = createTensor(required(goldenCase, 'y'))
  const w = createTensor(required(goldenCase, 'w'), true)
  const c = createTensor(required(goldenCase, 'c'), true)
  const optimizer = createOptimizer(op, attributes, [w, c])
  const trajectory = new Trajectory()
  const steps = outputs.get('loss')?.shape[0] ?? 0
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad()
    const loss = tl.mean(tl.square(tl.sub(tl.add(tl.matmul(X, w), c), y)))
    loss.backward()
    trajectory.record('loss', readTensor(loss))
    optimizer.step()
    trajectory.record('w', readTensor(w))
    trajectory.record('c', readTensor(c))
  }
  return trajectory.stacked()
}

function required({ inputs }: GoldenCase, name: string) {
  const values = inputs.get(name)
  if (values === undefined) throw new Error(`the case has no input "${name}"`)
  return values
}
