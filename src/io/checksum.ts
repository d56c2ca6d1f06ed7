const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0)
  return remainder
})

/**
 * CRC-32 as zlib, gzip and PNG compute it, in eight hexadecimal digits.
 *
 * @example crc32(new TextEncoder().encode('123456789'))   // 'cbf43926'
 */
export function crc32(bytes: Uint8Array): string {
  let remainder = 0xffffffff
  for (let index = 0; index < bytes.length; index++) {
    remainder = (remainder >>> 8) ^ table[(remainder ^ bytes[index]) & 0xff]
  }
  return ((remainder ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')
}
