import { type DeviceName, withDevice } from '../../../src/index.ts'
import { listJsonFiles, readJson, UsageError } from '../files.ts'
import { type CaseResult, notApplicable } from '../result.ts'
import { type GoldenCase, loadGoldenCases } from './case.ts'
import { judgeCase, type Producer, type Producers } from './judge.ts'
import { producers } from './producers.ts'

/** Every device that computes on the CPU. */
export const cpuDevices: readonly DeviceName[] = ['wasm', 'reference', 'reference64']

export interface GoldenFile {
  readonly file: string
  readonly cases: readonly GoldenCase[]
}

/** The golden files of a folder; the index and files of the text format are left out. */
export async function loadGoldenFolder(folder: string): Promise<GoldenFile[]> {
  const files: GoldenFile[] = []
  for (const file of await listJsonFiles(folder)) {
    if (file === 'index.json') continue
    const json = await readJson(folder, file)
    if (formatOf(json) === 'golden-text-1') continue
    files.push({ file, cases: loadGoldenCases(json) })
  }
  if (files.length === 0) throw new UsageError(`${folder} holds no file of the format golden-1`)
  return files
}

/** Runs every case of a folder on every CPU device. */
export async function conformGolden(folder: string): Promise<CaseResult[]> {
  const files = await loadGoldenFolder(folder)
  const results: CaseResult[] = []
  for (const device of cpuDevices) {
    for (const { file, cases } of files) {
      for (const goldenCase of cases) results.push(await runGoldenCase(file, device, goldenCase))
    }
  }
  return results
}

export function runGoldenCase(file: string, device: DeviceName, goldenCase: GoldenCase): Promise<CaseResult> {
  if (device === 'reference64' && goldenCase.float32) {
    const { name, op } = goldenCase
    return Promise.resolve(
      notApplicable({ file, name, op, device }, 'recorded in float32; this device has float64'),
    )
  }
  return judgeCase(file, device, goldenCase, onDevice(device))
}

function onDevice(device: DeviceName): Producers {
  const bind =
    (produce: Producer): Producer =>
    goldenCase =>
      withDevice(device, () => produce(goldenCase))
  return Object.fromEntries(Object.entries(producers).map(([kind, produce]) => [kind, bind(produce)]))
}

function formatOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined
}
