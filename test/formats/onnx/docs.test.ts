import { describe, expect, it } from 'vitest'
import { operatorNames } from '../../../src/formats/onnx/index.ts'
import { readRoot } from '../../readme/snippets.ts'

describe('docs/onnx.md', () => {
  it('lists the operators that there are', () => {
    const [, list] = /## Operators\n\n(.*?)\.\n\n/s.exec(readRoot('docs/onnx.md')) ?? []
    expect(list?.split(/,\s+/)).toEqual(operatorNames().sort())
  })
})
