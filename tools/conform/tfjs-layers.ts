import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelData, type ModelResult, type Tensor, tensor } from '../../src/index.ts'
import { loadTfjsModel } from '../../src/formats/tfjs/index.ts'
import { readLoss, readOptimizer } from '../../src/formats/tfjs/training.ts'
import type { Model } from '../../src/train/model.ts'
import { compareTensor, type Rule } from './compare.ts'
import { decodeTensor, type Values } from './decode.ts'
import { readJson, UsageError } from './files.ts'
import { attempt, type CaseIdentity, type CaseResult, judged } from './result.ts'

/** What was recorded of a model. */
interface Recorded {
  readonly inputs: readonly unknown[]
  /** One tensor, or a list for several outputs. */
  readonly output: unknown
  readonly rtol: number
  readonly atol: number
  readonly train?: {
    readonly optimizer: string
    readonly config: Readonly<Record<string, unknown>>
    readonly loss: string
    readonly target: unknown
    readonly losses: readonly number[]
    readonly output_after: unknown
  }
}

const listed = (prefix: string, value: unknown): Values[] =>
  (Array.isArray(value) ? value : [value]).map((item, i) => decodeTensor(`${prefix}[${i}]`, item))

const dataOf = (values: readonly Values[]): ModelData => {
  const tensors = values.map(({ dtype, shape, data }) =>
    dtype === 'i32'
      ? tensor([...data], { shape, dtype: 'int32' })
      : tensor(Float32Array.from(data), { shape }),
  )
  return tensors.length === 1 ? tensors[0] : tensors
}

const valuesOf = (x: Tensor): Values => ({ dtype: 'f32', shape: x.shape, data: x.data() })

/** Compares what a model gives with what was recorded. */
function judge(identity: CaseIdentity, got: ModelResult, want: readonly Values[], rule: Rule): CaseResult {
  const tensors: readonly Tensor[] = Array.isArray(got) ? got : [got]
  const all = want.map((wanted, i) =>
    compareTensor(`output ${i}`, tensors[i] === undefined ? undefined : valuesOf(tensors[i]), wanted, rule),
  )
  return judged(
    identity,
    Math.max(...all.map(({ worst }) => worst)),
    all.flatMap(({ problems }) => problems),
  )
}

/** Ten steps on the whole batch: the loss before each, and what the model gives after them. */
async function train(
  model: Model<ModelResult>,
  recorded: Recorded,
  identity: CaseIdentity,
  rule: Rule,
): Promise<CaseResult> {
  const { train: run, inputs } = recorded
  if (run === undefined) throw new Error('nothing was recorded')
  const optimizer = readOptimizer(run.optimizer, new Map(Object.entries(run.config)), 'optimizer')
  model.compile({ optimizer, loss: readLoss(run.loss, 'loss') })
  const [x, y] = [dataOf(listed('inputs', inputs)), dataOf(listed('target', run.target))]
  const losses: number[] = []
  for (let step = 0; step < run.losses.length; step++) {
    const { history } = await model.fit(x, y, { batchSize: 1_000_000, shuffle: false, verbose: false })
    losses.push(history.loss[0])
  }
  const vector = (data: readonly number[]): Values => ({
    dtype: 'f64',
    shape: [data.length],
    data: Float64Array.from(data),
  })
  const ofLosses = compareTensor('losses', vector(losses), vector(run.losses), rule)
  const after = judge(identity, model.predict(x), listed('output_after', run.output_after), rule)
  const problems = [...ofLosses.problems, ...(after.problem === undefined ? [] : [after.problem])]
  return judged(identity, Math.max(ofLosses.worst, after.worst), problems)
}

/** Runs one folder: a model, and what was recorded of it. */
export async function runTfjsModel(folder: string, name: string): Promise<CaseResult[]> {
  const identity = (op: string): CaseIdentity => ({ file: name, name: op, op, device: 'wasm' })
  const path = join(folder, name)
  const recorded = (await readJson(path, 'io.json')) as Recorded
  const rule: Rule = { kind: 'tolerance', absolute: recorded.atol, relative: recorded.rtol }
  const predicted = await attempt(identity('predict'), async () => {
    const model = await loadTfjsModel(path)
    return judge(
      identity('predict'),
      model.predict(dataOf(listed('inputs', recorded.inputs))),
      listed('output', recorded.output),
      rule,
    )
  })
  if (recorded.train === undefined) return [predicted]
  const trained = await attempt(identity('train'), async () =>
    train((await loadTfjsModel(path)) as Model<ModelResult>, recorded, identity('train'), rule),
  )
  return [predicted, trained]
}

/** Runs every model of a folder of saved TensorFlow.js models. */
export async function conformTfjsLayers(folder: string): Promise<CaseResult[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cause => {
    throw new UsageError(`cannot read the folder ${folder}`, { cause })
  })
  const results: CaseResult[] = []
  for (const entry of entries.filter(each => each.isDirectory()).sort((a, b) => (a.name < b.name ? -1 : 1)))
    results.push(...(await runTfjsModel(folder, entry.name)))
  return results
}
