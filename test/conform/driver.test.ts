import { describe, expect, it } from 'vitest'
import { type GoldenCase, loadGoldenCases } from '../../tools/conform/golden/case.ts'
import { judgeCase } from '../../tools/conform/golden/judge.ts'
import { runOrdinary } from '../../tools/conform/golden/ordinary.ts'
import { fakeAdapters, fakeLibrary } from './fake-library.ts'
import { encode, float32, float64 } from './values.ts'

const producers = {
  ordinary: (goldenCase: GoldenCase) => runOrdinary(fakeLibrary, fakeAdapters, goldenCase),
}

/** out = 2x at x = [1, -3], weighted with [5, 7]. */
function caseOf(op: string, fields: object = {}): GoldenCase {
  const [goldenCase] = loadGoldenCases({
    format: 'golden-1',
    cases: [
      {
        name: `${op}/0`,
        op,
        inputs: { x: encode(float32([1, -3])) },
        outputs: { out: encode(float64([2, -6])) },
        cotangents: { out: encode(float32([5, 7])) },
        grads: { x: encode(float64([10, 14])) },
        atol: { out: 1e-6, 'grad.x': 1e-6 },
        ...fields,
      },
    ],
  })
  return goldenCase
}

const judge = (goldenCase: GoldenCase) => judgeCase('file.json', 'fake', goldenCase, producers)

describe('the driver of golden cases', () => {
  it('passes a right output with a right gradient', async () => {
    expect(await judge(caseOf('double'))).toEqual({
      file: 'file.json',
      name: 'double/0',
      op: 'double',
      device: 'fake',
      status: 'passed',
      worst: 0,
    })
  })

  it('adds the gradients of several outputs', async () => {
    const fields = {
      outputs: { two: encode(float64([2, -6])), three: encode(float64([3, -9])) },
      cotangents: { two: encode(float32([5, 7])), three: encode(float32([1, 1])) },
      grads: { x: encode(float64([13, 17])) },
    }
    expect((await judge(caseOf('doubleAndTriple', fields))).problem).toBeUndefined()
  })

  it.each([
    ['a wrong output', 'wrongForward', /^out: 2 of 2 wrong/],
    ['a wrong gradient', 'wrongGradient', /^grad.x: 2 of 2 wrong/],
    ['a gradient that never arrives', 'noGradient', /^grad.x: 2 of 2 wrong.* got 0/],
    ['an output of another name', 'wrongName', /out: missing.*result: not expected/],
    ['an adapter that throws', 'throwing', /RangeError: no such thing/],
    ['an op that nobody knows', 'unheardOf', /no adapter for the op "unheardOf"/],
    ['an op named like a method', 'toString', /no adapter for the op "toString"/],
  ])('fails %s', async (_what, op, problem) => {
    const result = await judge(caseOf(op))
    expect(result.status).toBe('failed')
    expect(result.problem).toMatch(problem)
  })

  it.each([
    [
      'a gradient of something that is no input',
      { grads: { y: encode(float64([1, 1])) } },
      /grad.y: missing/,
    ],
    ['an output that the op does not give', { outputs: { out: encode(float64([2, -6])), two: encode(float64([1])) } }, /two: missing/], // biome-ignore format: one case, one line
    [
      'a value without a tolerance',
      { atol: {}, outputs: { out: encode(float64([2, -6.0001])) } },
      /out: 1 of 2/,
    ],
    ['an unknown kind', { kind: 'surprise' }, /does not know the kind "surprise"/],
    ['a case that expects nothing', { outputs: {}, grads: {} }, /expects nothing/],
  ])('fails %s', async (_what, fields, problem) => {
    const result = await judge(caseOf('double', fields))
    expect(result.status).toBe('failed')
    expect(result.problem).toMatch(problem)
  })

  it('counts a gradient that never arrives as zero', async () => {
    const fields = { grads: { x: encode(float64([0, 0])) } }
    expect((await judge(caseOf('noGradient', fields))).status).toBe('passed')
  })

  it('names the reason where a case does not apply', async () => {
    const result = await judge(caseOf('batch_norm_eval'))
    expect(result.status).toBe('notApplicable')
    expect(result.problem).toMatch(/running statistics/)
  })
})

describe('loading golden cases', () => {
  const tensor = encode(float32([1, 2]))

  it.each([
    ['another format', { format: 'golden-2', cases: [] }, /not a file of the format golden-1/],
    ['a case without a name', { format: 'golden-1', cases: [{ op: 'x' }] }, /without name or op/],
    ['too few bytes', withInput({ ...tensor, shape: [3] }), /"inputs.x" has 8 bytes; f32 \[3\] needs 12/],
    ['an unknown dtype', withInput({ ...tensor, dtype: 'f16' }), /"inputs.x" is not a tensor/],
    ['a tolerance that is no number', withFields({ atol: { out: '1' } }), /atol of out/],
  ])('refuses %s', (_what, json, message) => {
    expect(() => loadGoldenCases(json)).toThrow(message)
  })

  function withFields(fields: object) {
    return { format: 'golden-1', cases: [{ name: 'x', op: 'x', ...fields }] }
  }

  function withInput(x: object) {
    return withFields({ inputs: { x } })
  }
})
