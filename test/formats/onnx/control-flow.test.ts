import { describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/errors.ts'
import { Value } from '../../../src/formats/onnx/value.ts'
import { errorOf } from '../../setup/errors.ts'
import { constant, floats, graphOf, modelOf, nodes, wholes } from './graphs.ts'

const numbers = (values: readonly Value[]): number[][] => values.map(value => Array.from(value.numbers()))

describe('If', () => {
  const graph = (name: string, number: number) =>
    graphOf({
      nodes: nodes(['Mul', ['x', `by_${name}`], [`${name}_y`]]),
      outputs: [`${name}_y`],
      initializers: [constant(`by_${name}`, [number], 'float32')],
    })
  const model = modelOf({
    nodes: nodes([
      'If',
      ['condition'],
      ['y'],
      { then_branch: { graph: graph('then', 2) }, else_branch: { graph: graph('else', 3) } },
    ]),
    inputs: { condition: 'bool', x: 'float32' },
    outputs: ['y'],
  })

  it.each([
    [1, [2, 4]],
    [0, [3, 6]],
  ])('runs the branch for %s, which sees the values around it', (condition, want) => {
    const given = new Map([
      ['condition', Value.scalar(condition, 'bool')],
      ['x', floats([1, 2])],
    ])
    expect(numbers(model.runValues(given))).toEqual([want])
  })
})

describe('Loop', () => {
  /** Adds the turn to the state, and gives the state of each turn; stops when it is 3 or more. */
  const body = graphOf({
    nodes: nodes(
      ['Add', ['state', 'turn'], ['next']],
      ['Less', ['next', 'three'], ['goes_on']],
      ['Identity', ['next'], ['seen']],
    ),
    inputs: { turn: 'int64', condition: 'bool', state: 'int64' },
    outputs: ['goes_on', 'next', 'seen'],
    initializers: [constant('three', [3], 'int64', [])],
  })
  const model = modelOf({
    nodes: nodes(['Loop', ['most', '', 'start'], ['last', 'all'], { body: { graph: body } }]),
    inputs: { most: 'int64', start: 'int64' },
    outputs: ['last', 'all'],
  })
  const run = (most: number) =>
    numbers(
      model.runValues(
        new Map([
          ['most', wholes([most], [])],
          ['start', wholes([0], [])],
        ]),
      ),
    )

  it('ends after its number of turns', () => expect(run(2)).toEqual([[1], [0, 1]]))
  it('ends when its condition fails', () => expect(run(100)).toEqual([[3], [0, 1, 3]]))
})

describe('Scan', () => {
  /** Running sums. */
  const body = graphOf({
    nodes: nodes(['Add', ['sum', 'element'], ['next']], ['Identity', ['next'], ['seen']]),
    inputs: { sum: 'float32', element: 'float32' },
    outputs: ['next', 'seen'],
  })

  it('goes through a sequence, forwards and backwards', () => {
    const attributes = { body: { graph: body }, num_scan_inputs: 1 }
    const model = modelOf({
      nodes: nodes(
        ['Scan', ['start', 'x'], ['total', 'sums'], attributes],
        [
          'Scan',
          ['start', 'x'],
          ['total2', 'sums2'],
          { ...attributes, scan_input_directions: [1], scan_output_directions: [1] },
        ],
      ),
      inputs: { start: 'float32', x: 'float32' },
      outputs: ['total', 'sums', 'sums2'],
    })
    const given = new Map([
      ['start', floats([0], [])],
      ['x', floats([1, 2, 3])],
    ])
    expect(numbers(model.runValues(given))).toEqual([[6], [1, 3, 6], [6, 5, 3]])
  })

  it('goes through a batch in version 8', () => {
    const model = modelOf({
      nodes: nodes([
        'Scan',
        ['', 'start', 'x'],
        ['total', 'sums'],
        { body: { graph: body }, num_scan_inputs: 1 },
      ]),
      inputs: { start: 'float32', x: 'float32' },
      outputs: ['total', 'sums'],
      opset: 8,
    })
    const given = new Map([
      ['start', floats([0, 10])],
      ['x', floats([1, 2, 3, 4], [2, 2])],
    ])
    expect(numbers(model.runValues(given))).toEqual([
      [3, 17],
      [1, 3, 13, 17],
    ])
  })
})

describe('a body that reads what does not exist', () => {
  it('is refused when the file is read', () => {
    const body = graphOf({ nodes: nodes(['Neg', ['nowhere'], ['y2']]), outputs: ['y2'] })
    const error = errorOf(() =>
      modelOf({
        nodes: nodes(['If', ['c'], ['y'], { then_branch: { graph: body }, else_branch: { graph: body } }]),
        inputs: { c: 'bool' },
        outputs: ['y'],
      }),
    )
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/nowhere/)
  })
})
