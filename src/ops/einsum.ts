import { ShapeError, ValueError } from '../errors.ts'
import { formatShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { mul } from './arithmetic.ts'
import { gather } from './gather.ts'
import { matmul } from './matmul.ts'
import { toFloat } from './operand.ts'
import { permute } from './permute.ts'
import { sum } from './reduce.ts'
import { reshape } from './reshape.ts'
import { fromCold } from '../tensor/tensor.ts'

/** An operand and the letter of each of its axes. */
interface Term {
  readonly letters: string
  readonly tensor: Tensor
}

interface Equation {
  readonly inputs: readonly string[]
  readonly output: string
}

function parse(equation: string, count: number): Equation {
  const match = /^\s*([a-zA-Z,\s]*?)\s*(?:->\s*([a-zA-Z\s]*))?$/.exec(equation)
  if (match === null) {
    throw new ValueError({
      operation: 'einsum',
      problem: `cannot read the equation "${equation}".`,
      hint: 'write letters for axes, like "ij,jk->ik".',
    })
  }
  const inputs = match[1].replaceAll(/\s/g, '').split(',')
  if (inputs.length !== count) {
    throw new ValueError({
      operation: 'einsum',
      problem: `got ${count} tensors for the ${inputs.length} operands of "${equation}".`,
    })
  }
  const all = inputs.join('')
  const once = [...new Set(all)].filter(letter => all.split(letter).length === 2).sort()
  const output = match[2]?.replaceAll(/\s/g, '') ?? once.join('')
  for (const letter of output) {
    if (!all.includes(letter) || output.split(letter).length > 2) {
      throw new ValueError({
        operation: 'einsum',
        problem: `cannot make axis "${letter}" of the result in "${equation}".`,
        hint: 'each letter of the result occurs there once, and in some operand.',
      })
    }
  }
  return { inputs, output }
}

/** Sizes of all letters; throws where operands disagree. */
function sizesOf(equation: string, terms: readonly Term[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { letters, tensor } of terms) {
    if (letters.length !== tensor.rank) {
      throw new ShapeError({
        operation: 'einsum',
        problem: `"${letters}" in "${equation}" needs ${letters.length} axes, got ${formatShape(tensor.shape)}.`,
        hint: 'one letter for each axis of the operand.',
        shapes: [tensor.shape],
      })
    }
    for (const [i, letter] of [...letters].entries()) {
      const known = sizes.get(letter)
      if (known !== undefined && known !== tensor.shape[i]) {
        throw new ShapeError({
          operation: 'einsum',
          problem: `axis "${letter}" of "${equation}" has the sizes ${known} ≠ ${tensor.shape[i]}.`,
          hint: 'a letter stands for one size; use another letter, or transpose an operand.',
          shapes: terms.map(t => t.tensor.shape),
        })
      }
      sizes.set(letter, tensor.shape[i])
    }
  }
  return sizes
}

/** Takes the diagonal of every letter that occurs twice in one operand ("ii"). */
function withoutRepeats({ letters, tensor }: Term): Term {
  const first = [...letters].findIndex((letter, i) => letters.indexOf(letter) < i)
  if (first < 0) return { letters, tensor }
  const other = letters.indexOf(letters[first])
  const rest = [...letters].map((_, i) => i).filter(i => i !== first && i !== other)
  const size = tensor.shape[first]
  const front = permute(tensor, [other, first, ...rest])
  const flat = reshape(front, [size * size, ...rest.map(i => tensor.shape[i])])
  const steps = Int32Array.from({ length: size }, (_, i) => i * (size + 1))
  const diagonal = gather(flat, fromCold(steps, [size], 'int32'))
  return withoutRepeats({ letters: letters[first] + rest.map(i => letters[i]).join(''), tensor: diagonal })
}

/** Sums away the letters that nobody else needs. */
function summed({ letters, tensor }: Term, needed: string): Term {
  const axis = [...letters].map((_, i) => i).filter(i => !needed.includes(letters[i]))
  if (axis.length === 0) return { letters, tensor }
  return {
    letters: [...letters].filter(letter => needed.includes(letter)).join(''),
    tensor: sum(tensor, { axis }),
  }
}

const arranged = ({ letters, tensor }: Term, order: string): Tensor =>
  permute(
    tensor,
    [...order].map(letter => letters.indexOf(letter)),
  )

/** Contracts two operands as one batched matrix product: [batch, left, inner] · [batch, inner, right]. */
function contract(a: Term, b: Term, needed: string, sizes: ReadonlyMap<string, number>): Term {
  const shared = [...a.letters].filter(letter => b.letters.includes(letter))
  const batch = shared.filter(letter => needed.includes(letter)).join('')
  const inner = shared.filter(letter => !needed.includes(letter)).join('')
  const left = [...a.letters].filter(letter => !shared.includes(letter)).join('')
  const right = [...b.letters].filter(letter => !shared.includes(letter)).join('')
  const size = (letters: string): number =>
    [...letters].reduce((product, letter) => product * (sizes.get(letter) ?? 1), 1)
  const letters = batch + left + right
  const shape = [...letters].map(letter => sizes.get(letter) ?? 1)
  if (inner === '') {
    const p = reshape(arranged(a, batch + left), [size(batch), size(left), 1])
    const q = reshape(arranged(b, batch + right), [size(batch), 1, size(right)])
    return { letters, tensor: reshape(mul(p, q), shape) }
  }
  const p = reshape(arranged(a, batch + left + inner), [size(batch), size(left), size(inner)])
  const q = reshape(arranged(b, batch + inner + right), [size(batch), size(inner), size(right)])
  return { letters, tensor: reshape(matmul(p, q), shape) }
}

/**
 * Sums of products named by letters, as in NumPy: letters that are missing on the right are summed over.
 *
 * @throws ValueError for an equation that cannot be read; ShapeError where sizes disagree
 * @example einsum('bij,bjk->bik', a, b)   // batched matrix product
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, tensors.length)
  const terms = inputs.map((letters, i): Term => ({ letters, tensor: toFloat('einsum', tensors[i]) }))
  const sizes = sizesOf(equation, terms)
  const single = terms.map(withoutRepeats)
  let result = single[0]
  for (let i = 1; i <= single.length; i++) {
    const later =
      single
        .slice(i)
        .map(term => term.letters)
        .join('') + output
    result = summed(result, later)
    if (i === single.length) break
    const after =
      single
        .slice(i + 1)
        .map(term => term.letters)
        .join('') + output
    result = contract(result, summed(single[i], result.letters + after), after, sizes)
  }
  return arranged(result, output)
}
