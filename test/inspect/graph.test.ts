import { describe, expect, it } from 'vitest'
import { Add, dense, input, lstm, model, sequential } from '../../src/index.ts'
import * as inspect from '../../src/inspect/index.ts'

const branches = () => {
  const x = input({ shape: [4], name: 'features' })
  const shared = dense({ units: 4, name: 'shared' })
  const once = shared.apply(x)
  return model({
    inputs: x,
    outputs: dense({ units: 1, name: 'price' }).apply(new Add().apply([x, shared.apply(once)])),
  })
}

describe('inspect.graph', () => {
  it('writes Mermaid: layers that are used twice, and the inputs of a sum', () => {
    expect(inspect.graph(branches())).toBe(
      [
        'flowchart TD',
        '  n0(["features<br>[batch, 4]"])',
        '  n1["shared (Dense)<br>[batch, 4]"]',
        '  n2["shared (Dense)<br>[batch, 4]"]',
        '  n3["add (Add)<br>[batch, 4]"]',
        '  n4["price (Dense)<br>[batch, 1]"]',
        '  n5(["price<br>[batch, 1]"])',
        '  n0 --> n1',
        '  n1 --> n2',
        '  n0 --> n3',
        '  n2 --> n3',
        '  n3 --> n4',
        '  n4 --> n5',
      ].join('\n'),
    )
  })

  it('draws SVG, a row per step, without overlaps', () => {
    const svg = inspect.graph(branches(), { format: 'svg' })
    const boxes = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="(\d+)"/g)].map(([, ...numbers]) =>
      numbers.map(Number),
    )
    expect(boxes).toHaveLength(6)
    expect(boxes.map(([, y]) => y)).toEqual([24, 100, 176, 252, 328, 404])
    expect(svg.match(/marker-end/g)).toHaveLength(6)
  })

  it('knows sequential models, with and without their input shape', () => {
    expect(inspect.graph(sequential(lstm({ units: 3 }), dense({ units: 1 })))).toContain('["lstm (LSTM)"]')
    const known = sequential(dense({ units: 1, inputSize: 2, name: 'a<b' }))
    known.build([2])
    expect(inspect.graph(known, { format: 'svg' })).toContain('a&lt;b (Dense)')
    expect(() => inspect.graph(known, { format: 'pdf' as never })).toThrow(/got pdf/)
  })
})
