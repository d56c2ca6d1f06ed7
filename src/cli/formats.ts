import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { UsageError } from './environment.ts'

/** The kinds of files that hold models. */
export type Format = 'tensorloom' | 'tfjs' | 'keras' | 'onnx'

/** What `convert` says it can write, by how the name ends. */
export const FORMATS = `
  tensorloom   a folder, or a file NAME.safetensors
  tfjs         a folder NAME.tfjs; any folder with a layers model of TensorFlow.js is read
  keras        NAME.keras; NAME.h5 is read
  onnx         NAME.onnx`

/**
 * What kind of model lies at a path.
 * @throws UsageError where nothing is, or nothing known
 */
export function formatOf(path: string): Format {
  if (!existsSync(path)) throw new UsageError(`${path}: there is no such file or folder.`)
  if (!statSync(path).isDirectory()) return formatByName(path)
  const file = join(path, 'model.json')
  if (!existsSync(file)) throw new UsageError(`${path}: has no model.json.`)
  // Both keep a model.json; only theirs has a topology.
  return /"modelTopology"\s*:/.test(readFileSync(file, 'utf8')) ? 'tfjs' : 'tensorloom'
}

/**
 * What kind of model a name asks for.
 * @throws UsageError for a name that ends in nothing known
 */
export function formatByName(path: string): Format {
  const extension = extname(basename(path)).toLowerCase()
  switch (extension) {
    case '':
    case '.safetensors':
      return 'tensorloom'
    case '.tfjs':
      return 'tfjs'
    case '.keras':
    case '.h5':
      return 'keras'
    case '.onnx':
      return 'onnx'
    case '.json':
      throw new UsageError(`${path}: name the folder that holds it.`)
    default:
      throw new UsageError(`${path}: "${extension}" is no known kind of model.${FORMATS}`)
  }
}
