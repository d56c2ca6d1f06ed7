import { readShape } from '../../io/graph-build.ts'
import { readArray, readRecord, readString } from '../../io/plain-json.ts'
import type { Module } from '../../nn/module.ts'
import type { Shape } from '../../tensor/shape.ts'

/** What a layer is called in the file. */
export interface FileNames {
  readonly name: string
  /** Name of the layer inside a wrapper. */
  readonly innerName: string
}

/** What of the file's names is known while the layers are made. */
export interface NamesInFile {
  /** The names that layers have in the file; ours have no dots. */
  readonly layers: Map<Module<unknown>, FileNames>
  /** Shapes of the tensors by their names. */
  readonly shapes: ReadonlyMap<string, Shape>
}

/** A description `{ class_name, config }` of a layer or model. */
export interface Described {
  readonly className: string
  readonly config: unknown
  readonly at: string
}

export function readDescribed(value: unknown, at: string): Described {
  const record = readRecord(value, at)
  return {
    className: readString(record.get('class_name'), `${at}.class_name`),
    config: record.get('config'),
    at: `${at}.config`,
  }
}

/** `batch_input_shape`, or `batch_shape`, without the batch axis; null where there is none. */
export function inputShapeOf(options: ReadonlyMap<string, unknown>, at: string): Shape | null {
  const key = options.has('batch_input_shape') ? 'batch_input_shape' : 'batch_shape'
  const value = options.get(key) ?? null
  if (value === null) return null
  const sizes = readArray(value, `${at}.${key}`)
  return readShape(
    sizes.slice(1).map(size => size ?? -1),
    `${at}.${key}`,
  )
}
