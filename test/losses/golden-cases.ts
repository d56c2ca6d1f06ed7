import { readFileSync } from 'node:fs'
import { type Tensor, tensor } from '../../src/index.ts'
import { decodeTensors, type Values } from '../../tools/conform/decode.ts'

/** A golden case with its tensors decoded; `fields` holds whatever else the file says. */
export interface GoldenCase {
  readonly name: string
  readonly op: string
  readonly attrs: Readonly<Record<string, unknown>>
  readonly compute?: string
  readonly kind?: string
  readonly atol?: Readonly<Record<string, number>>
  readonly inputs: ReadonlyMap<string, Values>
  readonly outputs: ReadonlyMap<string, Values>
  readonly cotangents: ReadonlyMap<string, Values>
  readonly grads: ReadonlyMap<string, Values>
  readonly givenGrads: ReadonlyMap<string, Values>
}

type Encoded = { readonly name: string; readonly op: string } & Readonly<Record<string, unknown>>

/** The cases of one file of test/golden whose op is among `ops`. */
export function goldenCases(file: string, ops: readonly string[]): GoldenCase[] {
  const text = readFileSync(new URL(`../golden/${file}.json`, import.meta.url), 'utf8')
  const { cases } = JSON.parse(text) as { cases: Encoded[] }
  return cases
    .filter(({ op }) => ops.includes(op))
    .map(encoded => ({
      ...(encoded as Encoded & Pick<GoldenCase, 'attrs' | 'compute' | 'kind' | 'atol'>),
      inputs: decodeTensors('inputs', encoded.inputs),
      outputs: decodeTensors('outputs', encoded.outputs),
      cotangents: decodeTensors('cotangents', encoded.cotangents),
      grads: decodeTensors('grads', encoded.grads),
      givenGrads: decodeTensors('given_grads', encoded.given_grads),
    }))
}

/** A decoded tensor as one of ours. */
export const toTensor = (values: Values, requiresGrad = false): Tensor =>
  tensor(values.data, {
    shape: values.shape,
    dtype: values.dtype === 'i32' ? 'int32' : 'float32',
    requiresGrad,
  })

/** One of our tensors as values to compare. */
export const toValues = (x: Tensor): Values => ({ dtype: 'f32', shape: x.shape, data: x.data() })
