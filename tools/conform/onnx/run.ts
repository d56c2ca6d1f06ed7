import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { noGrad } from '../../../src/autodiff/mode.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import { loadReader, readOnnx } from '../../../src/formats/onnx/load.ts'
import { readTensorData } from '../../../src/formats/onnx/tensor-data.ts'
import type { Value } from '../../../src/formats/onnx/value.ts'
import { type CreateReader, readTensorProto } from '../../../src/formats/onnx/wire/read-model.ts'
import { attempt, type CaseIdentity, type CaseResult, judged, notApplicable } from '../result.ts'
import { dataSets, listCases, type OnnxCase, readNumbered } from './cases.ts'
import { problemOf, type Tolerance } from './compare.ts'

/** What ONNX's own runner uses. */
const TOLERANCE: Tolerance = { relative: 1e-3, absolute: 1e-7 }

/** Runs the cases of ONNX's backend tests. */
export async function conformOnnx(folder: string): Promise<CaseResult[]> {
  const create = await loadReader('conform')
  const results: CaseResult[] = []
  for (const item of await listCases(folder)) results.push(await runCase(create, item))
  return results
}

export function runCase(create: CreateReader, item: OnnxCase): Promise<CaseResult> {
  const identity: CaseIdentity = { file: item.group, name: item.name, op: item.op, device: 'wasm' }
  return attempt(identity, async () => {
    try {
      const problems = await problemsOf(create, item)
      return judged(identity, problems.length > 0 ? Number.POSITIVE_INFINITY : 0, problems)
    } catch (error) {
      if (error instanceof UnsupportedError) return notApplicable(identity, error.message)
      throw error
    }
  })
}

async function problemsOf(create: CreateReader, { name, folder }: OnnxCase): Promise<string[]> {
  const model = readOnnx(create, await readFile(join(folder, 'model.onnx')))
  const isRandom = /^test_training_dropout(?!_zero_ratio)|bernoulli|random_(uniform|normal)/.test(name)
  const problems: string[] = []
  for (const set of await dataSets(folder)) {
    const [inputs, outputs] = await Promise.all([read(create, set, 'input'), read(create, set, 'output')])
    const given = new Map(model.inputs.map((port, i) => [port.name, inputs[i]]))
    const got = noGrad(() => model.runValues(given))
    outputs.forEach((want, i) => {
      const problem = isRandom
        ? shapeProblem(got[i], want)
        : problemOf(model.outputs[i].name, got[i], want, TOLERANCE)
      if (problem !== undefined) problems.push(problem)
    })
  }
  return problems
}

/** Random outputs have nothing but a shape in common. */
const shapeProblem = (got: Value, want: Value): string | undefined =>
  got.shape.join() === want.shape.join()
    ? undefined
    : `shape [${got.shape.join(', ')}], want [${want.shape.join(', ')}]`

async function read(create: CreateReader, set: string, stem: string): Promise<Value[]> {
  const files = await readNumbered(set, stem)
  return files.map((bytes, i) => readTensorData(readTensorProto(create, bytes), `${stem} ${i}`))
}
