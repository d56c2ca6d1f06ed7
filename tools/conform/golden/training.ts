import { noGrad } from '../../../src/index.ts'
import type { Values } from '../decode.ts'
import type { Attributes } from './attributes.ts'
import { load, parametersOf, readTorch } from './binding.ts'
import type { GoldenCase, NamedValues } from './case.ts'
import { buildModel } from './models.ts'
import { createOptimizer } from './optimizer-factory.ts'
import { createTensor, readTensor } from './tensorloom.ts'
import { Trajectory } from './trajectory.ts'

/** Trains a whole model from the case's weights on its batches, and answers all that was recorded on the way. */
export function runTraining(goldenCase: GoldenCase): NamedValues {
  const { attributes, steps, parameters } = goldenCase
  const model = buildModel(goldenCase)
  for (const [name, binding] of model.bindings) load(binding, createTensor(required(parameters, name)))
  const batches = goldenCase.batches.map(batch => ({
    x: createTensor(required(batch, 'x')),
    y: createTensor(required(batch, 'y')),
  }))
  const trained = [...new Set([...model.bindings.values()].flatMap(parametersOf))]
  const optimizer = createOptimizer(attributes.text('optimizer'), attributes, trained)
  const learningRate = scheduleOf(attributes)

  const results = new Map<string, Values>()
  const evaluate = (output = model.output): Values => readTensor(noGrad(() => output(batches[0].x)))
  results.set('first_output', evaluate(model.firstOutput))
  const trajectory = new Trajectory()
  for (let step = 0; step < steps; step++) {
    const { x, y } = batches[step % batches.length]
    optimizer.zeroGrad()
    const loss = model.loss(x, y)
    loss.backward()
    trajectory.record('loss', readTensor(loss))
    if (step === 0) {
      for (const [name, binding] of model.bindings) {
        const gradient = readTorch(binding, parameter => parameter.grad)
        if (gradient !== null) results.set(`first_grad.${name}`, readTensor(gradient))
      }
    }
    optimizer.learningRate = learningRate(step)
    optimizer.step()
  }
  for (const [name, values] of trajectory.stacked()) results.set(name, values)
  results.set('final_output', evaluate())
  for (const [name, binding] of model.bindings) {
    const final = readTorch(binding, parameter => parameter)
    if (final !== null) results.set(`final_param.${name}`, readTensor(final))
  }
  for (const [name, buffer] of model.buffers?.() ?? [])
    results.set(`final_buffer.${name}`, readTensor(buffer))
  return results
}

/** The learning rate of each step: constant, or the cosine that the case describes. */
function scheduleOf(attributes: Attributes): (step: number) => number {
  const rate = attributes.number('lr')
  const schedule = attributes.optionalText('schedule')
  if (schedule === undefined) return () => rate
  const cosine = /^cosine T_max=(\d+) eta_min=0, stepped after every step$/.exec(schedule)
  if (cosine === null) throw new Error(`the runner does not know the schedule "${schedule}"`)
  return step => (rate * (1 + Math.cos((Math.PI * step) / Number(cosine[1])))) / 2
}

function required(values: NamedValues, name: string): Values {
  const found = values.get(name)
  if (found === undefined) throw new Error(`the case lacks "${name}"`)
  return found
}
