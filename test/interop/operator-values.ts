import type { ElementType } from '../../src/formats/onnx/element-type.ts'
import { Value } from '../../src/formats/onnx/value.ts'
import type { WrittenAttribute } from '../../src/formats/onnx/wire/write.ts'
import { Generator } from '../../src/tensor/random.ts'

export type Attributes = Readonly<Record<string, WrittenAttribute>>

/** An operator with its inputs. */
export interface Case {
  readonly opType: string
  readonly inputs: readonly (Value | null)[]
  readonly attributes?: Attributes
  readonly outputs?: number
  readonly opset?: number
}

const generator = new Generator(11)
export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
export const random = (...shape: number[]): Value =>
  Value.ofNumbers(generator.uniform(size(shape), -1, 1), shape, 'float32')
export const positive = (...shape: number[]): Value =>
  Value.ofNumbers(generator.uniform(size(shape), 0.5, 2), shape, 'float32')
export const below = (limit: number, ...shape: number[]): Value =>
  Value.ofNumbers(
    Array.from({ length: size(shape) }, () => generator.below(limit)),
    shape,
    'int64',
  )
export const wholes = (...numbers: number[]): Value => Value.ofNumbers(numbers, [numbers.length], 'int64')
export const scalar = (number: number, type: ElementType = 'int64'): Value => Value.scalar(number, type)
export const floats = (...numbers: number[]): Value => Value.ofNumbers(numbers, [numbers.length], 'float32')
export const float = (value: number) => ({ float: value })

export const image = (): Value => random(2, 4, 7, 6)
