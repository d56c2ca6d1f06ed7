import { describe, expect, it } from 'vitest'
import { Generator } from '../../../src/tensor/random.ts'
import { Value } from '../../../src/formats/onnx/value.ts'
import { floats, runOperator } from './graphs.ts'

const [TIME, BATCH, INPUT, UNITS] = [4, 3, 2, 3]
const gates = { LSTM: 4, GRU: 3, RNN: 1 } as const
type Family = keyof typeof gates

/** Operands of a node in two directions, from a seed. */
function operands(
  family: Family,
  directions: number,
  options: { lengths?: readonly number[]; batchFirst?: boolean } = {},
) {
  const generator = new Generator(3)
  const random = (...shape: number[]): Value =>
    floats(
      Array.from(
        generator.uniform(
          shape.reduce((a, b) => a * b),
          -1,
          1,
        ),
      ),
      shape,
    )
  const state = () =>
    options.batchFirst ? random(BATCH, directions, UNITS) : random(directions, BATCH, UNITS)
  const width = gates[family] * UNITS
  const x = options.batchFirst ? random(BATCH, TIME, INPUT) : random(TIME, BATCH, INPUT)
  const lengths = options.lengths === undefined ? null : Value.ofNumbers(options.lengths, [BATCH], 'int32')
  const list: (Value | null)[] = [
    x,
    random(directions, width, INPUT),
    random(directions, width, UNITS),
    random(directions, 2 * width),
    lengths,
    state(),
  ]
  return family === 'LSTM' ? [...list, state()] : list
}

const run = (family: Family, inputs: (Value | null)[], attributes: object = {}) =>
  runOperator(family, inputs, {
    outputs: family === 'LSTM' ? 3 : 2,
    attributes: { hidden_size: UNITS, ...attributes },
  })

function expectClose(got: ReturnType<typeof run>, want: ReturnType<typeof run>): void {
  expect(got.length).toBe(want.length)
  got.forEach(({ data, shape }, i) => {
    expect(shape).toEqual(want[i].shape)
    for (const [j, value] of data.entries()) expect(value).toBeCloseTo(want[i].data[j], 5)
  })
}

/** A bound that nothing reaches: the fused operations do not take it, so the steps run one by one. */
const STEP_BY_STEP = { clip: { float: 1e9 } }

describe.each(['LSTM', 'GRU', 'RNN'] as const)('%s', family => {
  it.each(['forward', 'reverse', 'bidirectional'])('gives the same whole and step by step, %s', direction => {
    const inputs = operands(family, direction === 'bidirectional' ? 2 : 1, { lengths: [4, 2, 1] })
    expectClose(run(family, inputs, { direction }), run(family, inputs, { direction, ...STEP_BY_STEP }))
  })

  it('leaves zeros after the end of a sequence, and its last state in Y_h', () => {
    const [y, h] = run(family, operands(family, 1, { lengths: [4, 2, 1] }))
    const at = (time: number, batch: number): number[] =>
      y.data.slice((time * BATCH + batch) * UNITS, (time * BATCH + batch + 1) * UNITS)
    expect(at(2, 1)).toEqual([0, 0, 0])
    expect(h.data.slice(UNITS, 2 * UNITS)).toEqual(at(1, 1))
  })

  it('takes the batch first with layout 1', () => {
    const inputs = operands(family, 1, { batchFirst: true })
    const [y, h] = run(family, inputs, { layout: 1 })
    expect(y.shape).toEqual([BATCH, TIME, 1, UNITS])
    expect(h.shape).toEqual([BATCH, 1, UNITS])
    expect(h.data.slice(0, UNITS)).toEqual(y.data.slice((TIME - 1) * UNITS, TIME * UNITS))
  })
})

describe('GRU', () => {
  it('resets after the product too', () => {
    const inputs = operands('GRU', 1)
    const after = { linear_before_reset: 1 }
    const whole = run('GRU', inputs, after)
    expectClose(whole, run('GRU', inputs, { ...after, ...STEP_BY_STEP }))
    expect(Math.abs(whole[1].data[0] - run('GRU', inputs)[1].data[0])).toBeGreaterThan(1e-4)
  })
})

describe('LSTM', () => {
  it('takes peepholes that see nothing for none', () => {
    const inputs = operands('LSTM', 1)
    const none = floats(new Array<number>(3 * UNITS).fill(0), [1, 3 * UNITS])
    expectClose(run('LSTM', [...inputs, none]), run('LSTM', inputs))
    const some = floats(new Array<number>(3 * UNITS).fill(1), [1, 3 * UNITS])
    expect(
      Math.abs(run('LSTM', [...inputs, some])[1].data[0] - run('LSTM', inputs)[1].data[0]),
    ).toBeGreaterThan(1e-4)
  })

  it('knows activations by name, with their parameters', () => {
    const inputs = operands('LSTM', 1)
    const hard = { activations: ['HardSigmoid', 'Tanh', 'Tanh'], ...STEP_BY_STEP }
    expectClose(
      run('LSTM', inputs, { activations: ['hardsigmoid', 'tanh', 'tanh'] }),
      run('LSTM', inputs, hard),
    )
    const scaled = { activations: ['Sigmoid', 'ScaledTanh', 'Tanh'] }
    expectClose(run('LSTM', inputs, scaled), run('LSTM', inputs))
  })
})
