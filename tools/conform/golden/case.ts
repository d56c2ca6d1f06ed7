import { decodeTensors, type Values } from '../decode.ts'
import { Attributes } from './attributes.ts'

/** Tensors by name, in the order of the file. */
export type NamedValues = ReadonlyMap<string, Values>

/** A case of a golden file, decoded. `test/golden/README.md` says what the fields mean. */
export interface GoldenCase {
  readonly name: string
  readonly op: string
  /** `ordinary` where the file gives no kind. */
  readonly kind: string
  /** Recorded in float32, with infinities and NaN: compared by the rule for extremes. */
  readonly float32: boolean
  readonly attributes: Attributes
  /** The definition in words. For models it holds the architecture. */
  readonly note: string
  /** Inputs in call order. */
  readonly inputs: NamedValues
  readonly parameters: NamedValues
  readonly buffers: NamedValues
  readonly outputs: NamedValues
  readonly cotangents: NamedValues
  readonly gradients: NamedValues
  /** Absolute tolerance by name; a missing one is zero. */
  readonly tolerances: ReadonlyMap<string, number>
  /** `optimizer_given`: one gradient per step, stacked on the first axis. */
  readonly givenGradients: NamedValues
  /** `second_order`: the vectors v, and the expected gradient of Σ v·(dL/dx). */
  readonly directions: NamedValues
  readonly hessianProducts: NamedValues
  readonly constants: NamedValues
  /** `training`. */
  readonly steps: number
  readonly batches: readonly NamedValues[]
  readonly firstGradients: NamedValues
  readonly finalParameters: NamedValues
  readonly finalBuffers: NamedValues
}

type Fields = Readonly<Record<string, unknown>>

/** The cases of a file, from parsed JSON. */
export function loadGoldenCases(json: unknown): GoldenCase[] {
  if (!isFields(json) || json.format !== 'golden-1' || !Array.isArray(json.cases)) {
    throw new Error('not a file of the format golden-1')
  }
  return json.cases.map(loadCase)
}

function loadCase(fields: unknown): GoldenCase {
  if (!isFields(fields) || typeof fields.name !== 'string' || typeof fields.op !== 'string') {
    throw new Error('a case without name or op')
  }
  const tensors = (key: string): NamedValues => decodeTensors(key, fields[key])
  const batches = Array.isArray(fields.batches) ? fields.batches : []
  return {
    name: fields.name,
    op: fields.op,
    kind: typeof fields.kind === 'string' ? fields.kind : 'ordinary',
    float32: fields.compute === 'f32',
    attributes: new Attributes(isFields(fields.attrs) ? fields.attrs : {}),
    note: typeof fields.note === 'string' ? fields.note : '',
    inputs: tensors('inputs'),
    parameters: tensors('params'),
    buffers: tensors('buffers'),
    outputs: tensors('outputs'),
    cotangents: tensors('cotangents'),
    gradients: tensors('grads'),
    tolerances: loadTolerances(fields.atol),
    givenGradients: tensors('given_grads'),
    directions: tensors('v'),
    hessianProducts: tensors('hvp'),
    constants: tensors('constants'),
    steps: typeof fields.steps === 'number' ? fields.steps : 0,
    batches: batches.map((batch, index) => decodeTensors(`batches[${index}]`, batch)),
    firstGradients: tensors('first_grads'),
    finalParameters: tensors('final_params'),
    finalBuffers: tensors('final_buffers'),
  }
}

function loadTolerances(fields: unknown): ReadonlyMap<string, number> {
  if (fields === undefined) return new Map()
  if (!isFields(fields)) throw new Error('atol must be an object')
  return new Map(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value === 'number' && value >= 0) return [name, value]
      throw new Error(`atol of ${name} must be a number of at least 0`)
    }),
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
