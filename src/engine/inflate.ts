import { inflateSync } from 'fflate'

type Zlib = typeof import('node:zlib')

/**
 * The bytes of a raw deflate stream, without waiting: the kernels are stored deflated. Node does it ten times as fast;
 * elsewhere the one package whose code is part of this library does it.
 */
export function inflate(deflated: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const builtin = typeof process === 'object' ? process.getBuiltinModule : undefined
  const zlib = builtin?.('node:zlib') as Zlib | undefined
  return zlib === undefined ? inflateSync(deflated) : new Uint8Array(zlib.inflateRawSync(deflated))
}
