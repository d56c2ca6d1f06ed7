import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/errors.ts'
import { readOnnx } from '../../../src/formats/onnx/load.ts'
import { errorOf } from '../../setup/errors.ts'
import { createReader, floats } from './graphs.ts'

type Field = readonly [number: number, value: string | number | Uint8Array]

/** A message of fields: texts, whole numbers, and messages inside. */
function message(...fields: readonly Field[]): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.uint32(number * 8).int64(value)
    else if (typeof value === 'string') writer.uint32(number * 8 + 2).string(value)
    else writer.uint32(number * 8 + 2).bytes(value)
  }
  return writer.finish()
}

const node = (
  opType: string,
  input: string,
  output: string,
  domain: string,
  ...attributes: Uint8Array[]
): Uint8Array =>
  message([1, input], [2, output], [4, opType], [7, domain], ...attributes.map((bytes): Field => [5, bytes]))

const opset = (domain: string, version: number): Uint8Array => message([1, domain], [2, version])

/** y = leaky(x) with a slope that the call gives, or that is the default. */
const leaky = (...body: Uint8Array[]): Uint8Array =>
  message(
    [1, 'leaky'],
    [4, 'a'],
    [5, 'b'],
    [11, message([1, 'unused'], [3, 1], [20, 2])],
    ...body.map((bytes): Field => [7, bytes]),
    [9, opset('', 16)],
    [9, opset('mine', 1)],
    [10, 'mine'],
  )

const float = (name: string, value: number): Uint8Array => {
  const writer = protobuf.Writer.create()
  return writer.uint32(10).string(name).uint32(21).float(value).uint32(160).int32(1).finish()
}

const model = (functionBytes: Uint8Array, ...calls: Uint8Array[]) => {
  const graph = message(
    ...calls.map((bytes): Field => [1, bytes]),
    [11, message([1, 'x'])],
    [12, message([1, 'y'])],
  )
  return readOnnx(
    createReader,
    message([7, graph], [8, opset('', 16)], [8, opset('mine', 1)], [25, functionBytes]),
  )
}

const body = node('LeakyRelu', 'a', 'b', '', message([1, 'alpha'], [21, 'slope'], [20, 1]))

describe('functions of a model', () => {
  it('are run with the attributes of their call', () => {
    const twice = model(
      leaky(body),
      node('leaky', 'x', 'h', 'mine', float('slope', 0.5)),
      node('leaky', 'h', 'y', 'mine', float('slope', 0.25)),
    )
    const [y] = twice.runValues(new Map([['x', floats([8, -8])]]))
    expect(Array.from(y.numbers())).toEqual([8, -1])
  })

  it('leave an attribute that the call does not give to its default', () => {
    const [y] = model(leaky(body), node('leaky', 'x', 'y', 'mine')).runValues(
      new Map([['x', floats([-100])]]),
    )
    expect(y.numbers()[0]).toBeCloseTo(-1)
  })

  it('must not call themselves', () => {
    const error = errorOf(() =>
      model(leaky(node('leaky', 'a', 'b', 'mine')), node('leaky', 'x', 'y', 'mine')),
    )
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/calls itself/)
  })
})

describe('operator sets', () => {
  it('must be imported for every domain', () => {
    const error = errorOf(() => model(leaky(body), node('Gelu', 'x', 'y', 'com.example')))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/no operator set for the domain "com.example"/)
  })

  it('are named with an operator of another domain', () => {
    const error = errorOf(() => model(leaky(body), node('strange', 'x', 'y', 'mine')))
    expect(error.message).toMatch(/no operator mine:strange/)
  })
})
