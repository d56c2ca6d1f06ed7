import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  BINARY_NAMES,
  COMPARE_NAMES,
  GRADIENT_NAMES,
  PARAMETRIC_NAMES,
  REDUCE_NAMES,
  UNARY_NAMES,
} from '../../kernels/kernels.ts'
import { deflated as core } from '../../src/engine/generated/core.ts'
import { deflated as muladd } from '../../src/engine/generated/muladd.ts'
import { deflated as relaxed } from '../../src/engine/generated/relaxed.ts'
import { wasmHeap } from './harness.ts'

/** What the WebAssembly library leaves to the reference loops: rare functions that gain little from vectors. */
const leftToReference = [
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh'].map(name => `unary_${name}`),
  ...['pow', 'mod', 'atan2'].map(name => `binary_${name}`),
  'cumsum',
]

const wanted = [
  ...UNARY_NAMES.map(name => `unary_${name}`),
  ...PARAMETRIC_NAMES.map(name => `parametric_${name}`),
  ...GRADIENT_NAMES.map(name => `gradient_${name}`),
  ...BINARY_NAMES.map(name => `binary_${name}`),
  ...COMPARE_NAMES.map(name => `compare_${name}`),
  ...REDUCE_NAMES.map(name => `reduce_${name}`),
  ...['argMax', 'argMin', 'cumsum', 'fill', 'int_fill', 'copy', 'copy2d', 'transpose', 'where', 'gather'],
  ...['scatterAdd', 'intToFloat', 'floatToInt', 'floatToBool', 'isNaN', 'isFinite', 'isInf', 'fillRows'],
  ...['axpy', 'sumSquares', 'softmax', 'logSoftmax', 'softmaxGrad', 'logSoftmaxGrad', 'sparseCrossEntropy'],
  ...['sparseCrossEntropyGrad', 'sigmoidCrossEntropy', 'gemm', 'sgd', 'adam'],
]

it('exports every kernel but those left to the reference', () => {
  const { exports } = wasmHeap('muladd')
  expect(wanted.filter(name => !(name in exports))).toEqual(leftToReference)
})

/** The ids of a module's sections. */
function sections(deflated: string): number[] {
  const bytes = inflateRawSync(Buffer.from(deflated, 'base64'))
  const ids: number[] = []
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++])
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      size += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    at += size
  }
  return ids
}

describe.each([
  ['core', core],
  ['muladd', muladd],
  ['relaxed', relaxed],
])('the %s module', (_name, deflated) => {
  it('has no tables, globals or data, so that workers can share one memory', () => {
    const [table, global, data] = [4, 6, 11]
    const ids = sections(deflated)
    expect(ids).toContain(10)
    expect(ids.filter(id => id === table || id === global || id === data)).toEqual([])
  })
})
