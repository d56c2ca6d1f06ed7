/** Writes a message of Protocol Buffers, field by field (the few kinds of fields that event files are made of). */
export class ProtoWriter {
  private readonly bytes: number[] = []
  private readonly scratch = new DataView(new ArrayBuffer(8))

  private varint(value: number): void {
    // Beyond 32 bits the shifts of the language do not reach.
    let rest = value
    while (rest > 127) {
      this.bytes.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    this.bytes.push(rest)
  }

  private raw(bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i])
  }

  private double64(value: number): void {
    this.scratch.setFloat64(0, value, true)
    this.raw(new Uint8Array(this.scratch.buffer))
  }

  /** A whole number ≥ 0. */
  whole(field: number, value: number): this {
    this.varint(field * 8)
    this.varint(value)
    return this
  }

  double(field: number, value: number): this {
    this.varint(field * 8 + 1)
    this.double64(value)
    return this
  }

  float(field: number, value: number): this {
    this.varint(field * 8 + 5)
    this.scratch.setFloat32(0, value, true)
    this.raw(new Uint8Array(this.scratch.buffer, 0, 4))
    return this
  }

  text(field: number, value: string): this {
    return this.block(field, new TextEncoder().encode(value))
  }

  /** Packed doubles. */
  doubles(field: number, values: ArrayLike<number>): this {
    this.varint(field * 8 + 2)
    this.varint(values.length * 8)
    for (let i = 0; i < values.length; i++) this.double64(values[i])
    return this
  }

  /** A message inside this one. */
  message(field: number, inner: ProtoWriter): this {
    return this.block(field, inner.finish())
  }

  block(field: number, bytes: ArrayLike<number>): this {
    this.varint(field * 8 + 2)
    this.varint(bytes.length)
    this.raw(bytes)
    return this
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes)
  }
}
