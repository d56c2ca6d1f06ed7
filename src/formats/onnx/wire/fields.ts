import type { Reader } from 'protobufjs'
import { refuse } from '../refuse.ts'

/** How the bytes of a field are laid out (https://protobuf.dev/programming-guides/encoding/#structure). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Messages inside messages: a graph in an attribute in a graph … */
const DEEPEST = 64

/** Reads one message field by field, within its bounds; every kind of field is checked against its wire type. */
export class FieldReader {
  /** The wire type of the current field. */
  private wire = 0

  constructor(
    private readonly reader: Reader,
    private readonly end: number,
    private readonly depth: number,
    /** What is being read, for errors. */
    private readonly what: string,
  ) {}

  /** Calls `visit` with each field's number; a field that it does not read (returns false) is skipped. */
  each(visit: (field: number) => boolean): void {
    const { reader, end } = this
    while (reader.pos < end) {
      const tag = reader.uint32()
      this.wire = tag & 7
      if (tag >>> 3 === 0) this.fail(`field number 0 at byte ${reader.pos}`)
      if (!visit(tag >>> 3)) reader.skipType(this.wire)
    }
    if (reader.pos !== end) this.fail('a field reaches beyond its end')
  }

  text(): string {
    this.expect(WIRE.bytes)
    return this.reader.string()
  }

  /** A view of the file's bytes. */
  bytes(): Uint8Array {
    this.expect(WIRE.bytes)
    const length = this.length()
    const start = this.reader.pos
    this.reader.skip(length)
    return this.reader.buf.subarray(start, start + length)
  }

  /** An int32, int64 or uint64: exact up to 2⁵³. */
  int(): number {
    this.expect(WIRE.varint)
    return this.varint()
  }

  float(): number {
    this.expect(WIRE.fixed32)
    return this.reader.float()
  }

  message<T>(what: string, read: (fields: FieldReader) => T): T {
    this.expect(WIRE.bytes)
    if (this.depth === DEEPEST) this.fail(`more than ${DEEPEST} messages inside each other`)
    const length = this.length()
    return read(new FieldReader(this.reader, this.reader.pos + length, this.depth + 1, what))
  }

  /** Adds the numbers of a repeated field, packed or not. */
  ints(list: number[]): void {
    this.repeated(WIRE.varint, () => list.push(this.varint()))
  }

  floats(list: number[]): void {
    this.repeated(WIRE.fixed32, () => list.push(this.reader.float()))
  }

  doubles(list: number[]): void {
    this.repeated(WIRE.fixed64, () => list.push(this.reader.double()))
  }

  private repeated(wire: number, next: () => void): void {
    if (this.wire === wire) {
      next()
      return
    }
    this.expect(WIRE.bytes)
    const end = this.length() + this.reader.pos
    while (this.reader.pos < end) next()
    if (this.reader.pos !== end) this.fail('a packed list reaches beyond its end')
  }

  private varint(): number {
    // A number, or an object of two halves that prints as one.
    return Number(this.reader.int64().toString())
  }

  private length(): number {
    const length = this.reader.uint32()
    if (length > this.end - this.reader.pos) {
      this.fail(`${length} bytes are announced where ${this.end - this.reader.pos} are left`)
    }
    return length
  }

  private expect(wire: number): void {
    if (this.wire !== wire)
      this.fail(`wire type ${this.wire} where ${wire} is due, at byte ${this.reader.pos}`)
  }

  private fail(problem: string): never {
    return refuse(this.what, problem)
  }
}
