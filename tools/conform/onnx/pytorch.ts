import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { noGrad } from '../../../src/autodiff/mode.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import { loadReader, readOnnx } from '../../../src/formats/onnx/load.ts'
import type { CreateReader } from '../../../src/formats/onnx/wire/read-model.ts'
import { Value } from '../../../src/formats/onnx/value.ts'
import { decodeTensors } from '../decode.ts'
import { readJson, UsageError } from '../files.ts'
import { attempt, type CaseIdentity, type CaseResult, judged, notApplicable } from '../result.ts'
import { problemOf } from './compare.ts'

interface Model {
  readonly name: string
  readonly ops: readonly string[]
}

/** Runs models exported by PyTorch on recorded inputs. */
export async function conformOnnxPyTorch(folder: string): Promise<CaseResult[]> {
  const create = await loadReader('conform')
  const index = await readJson(folder, 'index.json')
  const models: unknown =
    typeof index === 'object' && index !== null && 'models' in index ? index.models : null
  if (!Array.isArray(models)) throw new UsageError(`${folder}/index.json has no list of models`)
  const results: CaseResult[] = []
  for (const model of models) results.push(await runModel(create, folder, model))
  return results
}

function runModel(create: CreateReader, folder: string, { name }: Model): Promise<CaseResult> {
  const identity: CaseIdentity = { file: `${name}/model.onnx`, name, op: 'pytorch', device: 'wasm' }
  return attempt(identity, async () => {
    try {
      const problems = await problemsOf(create, join(folder, name))
      return judged(identity, problems.length > 0 ? Number.POSITIVE_INFINITY : 0, problems)
    } catch (error) {
      if (error instanceof UnsupportedError) return notApplicable(identity, error.message)
      throw error
    }
  })
}

async function problemsOf(create: CreateReader, folder: string): Promise<string[]> {
  const model = readOnnx(create, await readFile(join(folder, 'model.onnx')))
  const record = (await readJson(folder, 'io.json')) as Record<string, unknown>
  const inputs = [...decodeTensors('inputs', record.inputs).values()]
  const given = new Map(
    model.inputs.map((port, i) => {
      const { dtype, shape, data } = inputs[i]
      // Whole numbers are int64 in the models, whatever the record keeps them as.
      return [port.name, Value.ofNumbers(data, shape, dtype === 'i32' ? 'int64' : 'float32')]
    }),
  )
  const got = noGrad(() => model.runValues(given))
  const tolerance = { relative: Number(record.rtol), absolute: Number(record.atol) }
  return [...decodeTensors('outputs', record.outputs).values()].flatMap(({ data, shape }, i) => {
    const want = Value.ofNumbers(data, shape, 'float32')
    return problemOf(model.outputs[i].name, got[i], want, tolerance) ?? []
  })
}
