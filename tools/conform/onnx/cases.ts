import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readJson, UsageError } from '../files.ts'

/** A case of the ONNX backend tests: a model, and folders of inputs with outputs. */
export interface OnnxCase {
  readonly name: string
  readonly group: string
  /** What it is listed under: an operator, `graph` or `expanded`. */
  readonly op: string
  readonly folder: string
}

/** The cases that `index.json` lists, or, without one, every folder with a model. */
export async function listCases(folder: string): Promise<OnnxCase[]> {
  const names = await readdir(folder, { recursive: true }).catch(cause => {
    throw new UsageError(`cannot read the folder ${folder}`, { cause })
  })
  if (!names.includes('index.json'))
    return names.filter(name => basename(name) === 'model.onnx').map(unlisted(folder))
  const index = await readJson(folder, 'index.json')
  const tests = typeof index === 'object' && index !== null && 'tests' in index ? index.tests : null
  if (!Array.isArray(tests)) throw new UsageError(`${folder}/index.json has no list of tests`)
  return tests.map(({ name, group, op }) => ({ name, group, op, folder: join(folder, group, name) }))
}

const unlisted =
  (folder: string) =>
  (path: string): OnnxCase => {
    const place = dirname(path)
    return { name: basename(place), group: dirname(place), op: 'unlisted', folder: join(folder, place) }
  }

/** The bytes of `input_0.pb`, `input_1.pb` … of a folder. */
export async function readNumbered(folder: string, stem: string): Promise<Uint8Array[]> {
  const names = await readdir(folder)
  const count = names.filter(name => name.startsWith(`${stem}_`) && name.endsWith('.pb')).length
  return Promise.all(Array.from({ length: count }, (_, i) => readFile(join(folder, `${stem}_${i}.pb`))))
}

/** The data sets of a case, in order. */
export async function dataSets(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names
    .filter(name => name.startsWith('test_data_set_'))
    .sort()
    .map(name => join(folder, name))
}
