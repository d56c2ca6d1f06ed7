import { describe, expect, it } from 'vitest'
import {
  type DeviceName,
  GradientError,
  gradcheck,
  type Tensor,
  valueAndGrad,
  withDevice,
} from '../../src/index.ts'
import { registry } from '../../src/ops/define.ts'
import type { GraphNode } from '../../src/tensor/node.ts'
import { countLine } from '../../tools/features/page.ts'
import { devices } from '../setup/devices.ts'
import { expectClose, leaf, normal } from '../setup/numbers.ts'
import { type Example, table } from './table.ts'

const listOf = (result: Tensor | readonly Tensor[]): readonly Tensor[] =>
  'dtype' in result ? [result] : result

const examplesOf = (name: string): readonly Example[] => {
  const row = table[name]
  return row === undefined || 'within' in row ? [] : row
}

/** Results and gradients (by random weights) of an example on a device. */
function run({ call, inputs }: Example, device: DeviceName): { results: Tensor[]; gradients: Tensor[] } {
  return withDevice(device, () => {
    const results = listOf(call(...inputs)).map(result => result.clone())
    if (results[0].dtype !== 'float32') return { results, gradients: [] }
    const loss = (...all: Tensor[]): Tensor =>
      listOf(call(...all))
        .map((result, i) => result.mul(normal(result.shape, 90 + i)).sum())
        .reduce((a, b) => a.add(b))
    const { gradients } = valueAndGrad(loss)(...inputs)
    return { results, gradients: gradients.filter((_, i) => inputs[i].dtype === 'float32') }
  })
}

/** Names of the operations in the graph below a tensor. */
function operationsBelow(root: Tensor): Set<string> {
  const names = new Set<string>()
  const seen = new Set<GraphNode>()
  const visit = ({ node }: Tensor): void => {
    if (node === null || seen.has(node)) return
    seen.add(node)
    names.add(node.rule.name)
    node.inputs.forEach(visit)
  }
  visit(root)
  return names
}

describe('the table of operations', () => {
  it('has a row for every registered operation and no other', () => {
    const names = Object.keys(table).filter(name => registry.has(name))
    expect(names.sort()).toEqual([...registry.keys()].sort())
    console.log(countLine())
    const aliases = Object.keys(table).filter(name => !registry.has(name))
    expect(aliases).toEqual([])
  })
})

describe.each([...registry.values()].filter(({ name }) => name in table))('$name', ({ name, noGradient }) => {
  const examples = examplesOf(name)
  const row = table[name]

  if ('within' in row) {
    it(`is part of the gradient of ${row.within}, which is checked twice`, () => {
      const [{ call, inputs }] = examplesOf(row.within)
      const slope = (...all: Tensor[]): Tensor => {
        const loss = (...xs: Tensor[]): Tensor =>
          listOf(call(...xs))[0]
            .square()
            .sum()
        const { gradients } = valueAndGrad(loss, { createGraph: true })(...all)
        return gradients[0]
      }
      const leaves = inputs.map(input => (input.dtype === 'float32' ? leaf(input) : input))
      expect(operationsBelow(slope(...leaves))).toContain(name)
    })
    return
  }

  it.each(devices)('gives on %s what float64 gives', device => {
    for (const example of examples) {
      const want = run(example, 'reference64')
      const got = run(example, device)
      for (const [i, result] of got.results.entries()) expectClose(result, want.results[i])
      for (const [i, gradient] of got.gradients.entries()) expectClose(gradient, want.gradients[i], 5e-6)
    }
  })

  if (noGradient === null) {
    it('has the first and second gradient that differences give', () => {
      for (const { call, inputs } of examples) gradcheck(call, inputs, { order: 2 })
    })
  } else {
    it('says why it has no gradient', () => {
      expect(noGradient.length).toBeGreaterThan(20)
      const [{ call, inputs }] = examples
      const [result] = listOf(call(...inputs.map(leaf)))
      expect(() => result.backward()).toThrow(GradientError)
      expect(() => result.backward()).toThrow(noGradient)
    })
  }
})
