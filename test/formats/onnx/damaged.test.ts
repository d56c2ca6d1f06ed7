import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { FormatError, UnsupportedError } from '../../../src/errors.ts'
import { loadOnnx } from '../../../src/formats/onnx/index.ts'
import { errorOf, rejection } from '../../setup/errors.ts'
import { constant, modelBytes, modelOf, nodes } from './graphs.ts'

const x = { x: 'float32' } as const
const good = modelBytes({ nodes: nodes(['Neg', ['x'], ['y']]), inputs: x, outputs: ['y'] })

function expectFormat(body: () => unknown, message: RegExp): void {
  const error = errorOf(body)
  expect(error).toBeInstanceOf(FormatError)
  expect(error.message).toMatch(message)
}

describe('a damaged file is refused', () => {
  it.each([...good.keys()])('cut off after %s bytes', async length => {
    // Cut between two fields of the model, a file can be whole; without its graph it is none.
    const result = await loadOnnx(good.subarray(0, length)).catch((error: unknown) => error)
    if (result instanceof Error) expect(result).toBeInstanceOf(FormatError)
    else expect(length).toBeGreaterThan(good.length - 10)
  })

  it('that is something else', async () => {
    expect(await rejection(loadOnnx(new TextEncoder().encode('{"not": "onnx"}')))).toBeInstanceOf(FormatError)
    expect(await rejection(loadOnnx(new Uint8Array()))).toBeInstanceOf(FormatError)
  })

  it('with a cycle', () => {
    const list = nodes(['Add', ['x', 'b'], ['a']], ['Neg', ['a'], ['b']])
    expectFormat(() => modelOf({ nodes: list, inputs: x, outputs: ['b'] }), /Add "node0".*cycle/)
  })

  it('with values that nothing defines, or that two define', () => {
    expectFormat(
      () => modelOf({ nodes: nodes(['Neg', ['z'], ['y']]), inputs: x, outputs: ['y'] }),
      /called "z"/,
    )
    expectFormat(
      () => modelOf({ nodes: [], inputs: x, outputs: ['y'] }),
      /the output "y": no node computes it/,
    )
    const twice = nodes(['Neg', ['x'], ['y']], ['Abs', ['x'], ['y']])
    expectFormat(() => modelOf({ nodes: twice, inputs: x, outputs: ['y'] }), /"y" is defined twice/)
  })

  it('with numbers that do not fit their shape, before anything of that size is made', () => {
    const weights = (dims: number[]) =>
      modelOf({
        nodes: nodes(['Mul', ['x', 'w'], ['y']]),
        inputs: x,
        outputs: ['y'],
        initializers: [constant('w', [1, 2], 'float32', dims)],
      })
    expectFormat(() => weights([3]), /initializer "w": it has 8 bytes for 3 numbers/)
    expectFormat(() => weights([2 ** 40, 2 ** 40]), /8 bytes/)
    expectFormat(() => weights([-1, -2]), /no shape/)
  })

  it('with the same initializer twice', () => {
    const w = constant('w', [1], 'float32')
    expectFormat(() => modelOf({ nodes: [], outputs: ['w'], initializers: [w, w] }), /two of this name/)
  })

  it('with graphs inside each other without end', () => {
    const wrapped = (field: number, bytes: Uint8Array): Uint8Array =>
      protobuf.Writer.create()
        .uint32(field * 8 + 2)
        .bytes(bytes)
        .finish()
    // GraphProto { node { attribute { graph … } } }
    let inner: Uint8Array = new Uint8Array()
    for (let i = 0; i < 200; i++) inner = wrapped(1, wrapped(5, wrapped(6, inner)))
    const bytes = protobuf.Writer.create()
      .uint32(7 * 8 + 2)
      .bytes(inner)
      .finish()
    return rejection(loadOnnx(bytes)).then(error => {
      expect(error).toBeInstanceOf(FormatError)
      expect(error.message).toMatch(/inside each other/)
    })
  })
})

describe('what is not supported is named', () => {
  it('all operators of a graph in one error', () => {
    const list = nodes(['Foo', ['x'], ['a']], ['Bar', ['a'], ['b']], ['Foo', ['b'], ['y']])
    const error = errorOf(() => modelOf({ nodes: list, inputs: x, outputs: ['y'] }))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.message).toMatch(/no operator Foo \(2 times\), Bar/)
    expect(error instanceof UnsupportedError && error.items).toEqual(['Foo', 'Bar'])
  })

  it('strings, and numbers in other files', () => {
    const strings = { name: 'w', dataType: 8, dims: [1], raw: new Uint8Array(1) }
    expect(errorOf(() => modelOf({ nodes: [], outputs: ['w'], initializers: [strings] })).message).toMatch(
      /string/,
    )
    // TensorProto { data_location: EXTERNAL, external_data { location: ../../secret } }
    const location = protobuf.Writer.create()
      .uint32(10)
      .string('location')
      .uint32(18)
      .string('../../secret')
      .finish()
    const tensor = protobuf.Writer.create()
      .uint32(66)
      .string('w')
      .uint32(16)
      .int32(1)
      .uint32(106)
      .bytes(location)
      .uint32(112)
      .int32(1)
      .finish()
    const graph = protobuf.Writer.create().uint32(42).bytes(tensor).finish()
    return rejection(loadOnnx(protobuf.Writer.create().uint32(58).bytes(graph).finish())).then(error => {
      expect(error).toBeInstanceOf(UnsupportedError)
      expect(error.message).toMatch(/external data/)
    })
  })
})

describe('names', () => {
  it('may be those of properties that all objects have', () => {
    const model = modelOf({
      nodes: nodes(['Mul', ['__proto__', 'constructor'], ['toString']]),
      inputs: { ['__proto__']: 'float32' },
      outputs: ['toString'],
      initializers: [constant('constructor', [2], 'float32')],
    })
    expect(model.outputNames).toEqual(['toString'])
    expect([...model.stateDict().keys()]).toEqual(['constructor'])
    expect(Object.prototype).not.toHaveProperty('float32')
  })
})
