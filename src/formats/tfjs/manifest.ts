import { type Json, readArray, readRecord, readString } from '../../io/plain-json.ts'
import { refuseModel } from '../../io/refuse-model.ts'
import { show } from '../../io/refuse.ts'
import { widenFloat16 } from '../../io/float16.ts'
import { readShape } from '../../io/graph-build.ts'
import { type Shape, sizeOf } from '../../tensor/shape.ts'

/** A tensor of the file. */
export interface Weight {
  readonly name: string
  readonly shape: Shape
  readonly values: Float32Array
}

/** A tensor as the manifest announces it, still without numbers. */
interface Announced {
  readonly name: string
  readonly shape: Shape
  readonly dtype: string
  readonly quantization: Quantization | null
  readonly bytes: number
}

/** Numbers stored as smaller ones: value = scale·stored + min. */
interface Quantization {
  readonly dtype: 'uint8' | 'uint16' | 'float16'
  readonly scale: number
  readonly min: number
}

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
}

/** Files that hold the weights, in order, and the tensors in them. */
export interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly Announced[]
}

/** Reads what the manifest says; nothing is allocated yet. */
export function readManifest(value: unknown): readonly WeightGroup[] {
  return readArray(value, 'weightsManifest').map((group, index) => {
    const at = `weightsManifest[${index}]`
    const record = readRecord(group, at)
    return {
      paths: readArray(record.get('paths'), `${at}.paths`).map((path, i) =>
        readPath(path, `${at}.paths[${i}]`),
      ),
      weights: readArray(record.get('weights'), `${at}.weights`).map((weight, i) =>
        readWeight(weight, `${at}.weights[${i}]`),
      ),
    }
  })
}

/**
 * How many numbers the parameters of a model may have, whose tensors in the file have these sizes. Whether they fit one by
 * one is seen when they are there; some layers are made twice.
 */
export const mostNumbers = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + 2 * size, 1000)

/** A file beside model.json: a path that leads elsewhere is refused. */
function readPath(value: unknown, at: string): string {
  const path = readString(value, at)
  const isInside = path !== '' && !path.split(/[/\\]/).includes('..') && !/^([/\\]|[a-z]+:)/i.test(path)
  return isInside ? path : refuseModel(at, `${show(path)} does not lie beside the model`)
}

function readWeight(value: unknown, at: string): Announced {
  const record = readRecord(value, at)
  const name = readString(record.get('name'), `${at}.name`)
  const shape = readShape(record.get('shape'), `${at}.shape`) ?? []
  const size = sizeOf(shape)
  if (shape.includes(-1) || !Number.isSafeInteger(size))
    refuseModel(`${at}.shape`, `${show(shape)} is no shape of a tensor`)
  const dtype = readString(record.get('dtype'), `${at}.dtype`)
  if (!['float32', 'int32', 'bool'].includes(dtype))
    refuseModel(`${at}.dtype`, `weights are float32, int32 or bool, this is ${show(dtype)}`)
  const quantization = record.has('quantization')
    ? readQuantization(record.get('quantization'), `${at}.quantization`)
    : null
  return { name, shape, dtype, quantization, bytes: size * BYTES[quantization?.dtype ?? dtype] }
}

function readQuantization(value: unknown, at: string): Quantization {
  const record = readRecord(value, at)
  const dtype = record.get('dtype')
  if (dtype === 'float16') return { dtype, scale: 1, min: 0 }
  if (dtype !== 'uint8' && dtype !== 'uint16')
    return refuseModel(`${at}.dtype`, `numbers are stored as uint8, uint16 or float16, not ${show(dtype)}`)
  const [scale, min] = ['scale', 'min'].map(option => {
    const number = record.get(option)
    return typeof number === 'number' && Number.isFinite(number)
      ? number
      : refuseModel(`${at}.${option}`, `expected a number, got ${show(number)}`)
  })
  return { dtype, scale, min }
}

/** Cuts the tensors out of the bytes of their group, which must be exactly as many as the manifest announces. */
export function decodeWeights(group: WeightGroup, bytes: Uint8Array): readonly Weight[] {
  const wanted = group.weights.reduce((sum, weight) => sum + weight.bytes, 0)
  if (wanted !== bytes.length) {
    refuseModel(
      group.paths.join(' + ') || 'the weights',
      `the manifest announces ${wanted} bytes, there are ${bytes.length}`,
    )
  }
  let start = 0
  return group.weights.map(announced => {
    const part = bytes.slice(start, start + announced.bytes)
    start += announced.bytes
    return { name: announced.name, shape: announced.shape, values: valuesOf(announced, part.buffer) }
  })
}

function valuesOf({ dtype, quantization }: Announced, buffer: ArrayBuffer): Float32Array {
  if (quantization !== null) {
    const { scale, min } = quantization
    if (quantization.dtype === 'float16') return widenFloat16(new Uint16Array(buffer))
    const stored = quantization.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer)
    return Float32Array.from(stored, value => value * scale + min)
  }
  if (dtype === 'float32') return new Float32Array(buffer)
  return Float32Array.from(dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer))
}

/** Name of the file that is written. */
export const WEIGHTS_FILE = 'weights.bin'

/** The manifest of these tensors, and their bytes. */
export function encodeWeights(weights: readonly Weight[]): { manifest: Json; bytes: Uint8Array } {
  const total = weights.reduce((sum, { values }) => sum + values.byteLength, 0)
  const bytes = new Uint8Array(total)
  let start = 0
  for (const { values } of weights) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start)
    start += values.byteLength
  }
  const specs = weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' }))
  return { manifest: [{ paths: [WEIGHTS_FILE], weights: specs }], bytes }
}
