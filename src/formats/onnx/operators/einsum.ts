import { broadcastTo } from '../../../ops/broadcast-to.ts'
import { einsum } from '../../../ops/einsum.ts'
import { broadcastShapes, type Shape } from '../../../tensor/shape.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { Call } from '../call.ts'
import { refuse } from '../refuse.ts'
import type { Value } from '../value.ts'

const DOTS = '...'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Letters that occur once, in alphabetical order: what is left where an equation has no right side. */
function implicitOutput(terms: readonly string[]): string {
  const all = [...terms.join('').replaceAll('.', '')]
  const once = all.filter(letter => all.indexOf(letter) === all.lastIndexOf(letter)).sort()
  return (terms.some(term => term.includes(DOTS)) ? DOTS : '') + once.join('')
}

/** https://onnx.ai/onnx/operators/onnx__Einsum.html: `...` stands for axes without letters, which broadcast. */
export function einsumOperator(call: Call): Value {
  const equation = call.attributes.string('equation', '').replaceAll(' ', '')
  const [left, right] = equation.split('->')
  const terms = left.split(',')
  const tensors = call.inputs().map((_, i) => call.float(i))
  if (terms.length !== tensors.length)
    return refuse(call.node.label, `"${equation}" is for ${terms.length} inputs`)
  const output = right ?? implicitOutput(terms)
  if (!equation.includes(DOTS)) return call.like(einsum(`${left}->${output}`, ...tensors))
  const open = terms.map((term, i) => openAxes(term, tensors[i]))
  const shape = open.reduce((a, b) => broadcastShapes('Einsum', a, b))
  const free = [...LETTERS].filter(letter => !equation.includes(letter)).slice(0, shape.length)
  if (free.length < shape.length) return refuse(call.node.label, `"${equation}" has too many axes`)
  const spelled = (term: string, rank: number): string =>
    term.replace(DOTS, free.slice(shape.length - rank).join(''))
  const operands = tensors.map((tensor, i) => widened(terms[i], tensor, open[i].length, shape))
  const inputs = terms.map((term, i) => spelled(term, open[i].length))
  return call.like(einsum(`${inputs.join()}->${spelled(output, shape.length)}`, ...operands))
}

/** Sizes of the axes that the dots of a term stand for. */
function openAxes(term: string, tensor: Tensor): Shape {
  if (!term.includes(DOTS)) return []
  const before = term.indexOf(DOTS)
  return tensor.shape.slice(before, tensor.rank - (term.length - before - DOTS.length))
}

/** The operand with its open axes as large as those of all operands together. */
function widened(term: string, tensor: Tensor, count: number, shape: Shape): Tensor {
  const before = term.indexOf(DOTS)
  if (count === 0) return tensor
  const sizes = shape.slice(shape.length - count)
  return broadcastTo(
    tensor,
    tensor.shape.map((size, i) => sizes[i - before] ?? size),
  )
}
