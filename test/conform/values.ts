import type { Values } from '../../tools/conform/decode.ts'

export function float32(data: readonly number[], shape: readonly number[] = [data.length]): Values {
  return { dtype: 'f32', shape, data: Float32Array.from(data) }
}

export function float64(data: readonly number[], shape: readonly number[] = [data.length]): Values {
  return { dtype: 'f64', shape, data: Float64Array.from(data) }
}

export function int32(data: readonly number[], shape: readonly number[] = [data.length]): Values {
  return { dtype: 'i32', shape, data: Int32Array.from(data) }
}

export function bool(data: readonly number[], shape: readonly number[] = [data.length]): Values {
  return { dtype: 'u8', shape, data: Uint8Array.from(data) }
}

/** A tensor as a golden file writes it. */
export function encode({ dtype, shape, data }: Values) {
  const b64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
  return { dtype, shape, b64 }
}
