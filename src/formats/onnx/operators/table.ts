import type { Operator, Operators } from '../call.ts'
import type { Node } from '../graph.ts'
import { refuse } from '../refuse.ts'
import { arithmeticOperators } from './arithmetic.ts'
import { attentionOperators } from './attention.ts'
import { comparisonOperators } from './compare.ts'
import { controlFlowOperators } from './control-flow.ts'
import { convTransposeOperators } from './conv-transpose.ts'
import { convOperators } from './conv.ts'
import { gatherOperators } from './gather.ts'
import { lossOperators } from './losses.ts'
import { matmulOperators } from './matmul.ts'
import { movementOperators } from './movement.ts'
import { normalizationOperators } from './normalization.ts'
import { padOperators } from './pad.ts'
import { poolOperators } from './pool.ts'
import { positionOperators } from './positions.ts'
import { randomOperators } from './random.ts'
import { recurrentOperators } from './recurrent.ts'
import { reduceOperators } from './reduce.ts'
import { resizeOperators } from './resize.ts'
import { shapeOperators } from './shape.ts'
import { signalOperators } from './signal.ts'
import { softmaxOperators } from './softmax.ts'
import { trainingOperators } from './training.ts'
import { unaryOperators } from './unary.ts'

const standard: Operators = {
  ...arithmeticOperators,
  ...attentionOperators,
  ...comparisonOperators,
  ...controlFlowOperators,
  ...convOperators,
  ...convTransposeOperators,
  ...gatherOperators,
  ...lossOperators,
  ...matmulOperators,
  ...movementOperators,
  ...normalizationOperators,
  ...padOperators,
  ...poolOperators,
  ...positionOperators,
  ...randomOperators,
  ...recurrentOperators,
  ...reduceOperators,
  ...resizeOperators,
  ...shapeOperators,
  ...signalOperators,
  ...softmaxOperators,
  ...unaryOperators,
}

/** Operators by domain and name; '' is the standard domain. */
const table: ReadonlyMap<string, ReadonlyMap<string, Operator>> = new Map([
  ['', new Map(Object.entries(standard))],
  ['ai.onnx.preview.training', new Map(Object.entries(trainingOperators))],
])

/** `LSTM`, or with its domain where that is not the standard one. */
export const operatorName = ({ domain, opType }: Pick<Node, 'domain' | 'opType'>): string =>
  domain === '' ? opType : `${domain}:${opType}`

/** Names of all operators that there are. */
export const operatorNames = (): string[] =>
  [...table].flatMap(([domain, operators]) =>
    [...operators.keys()].map(opType => operatorName({ domain, opType })),
  )

export const isKnown = (node: Node): boolean =>
  node.body !== null || (table.get(node.domain)?.has(node.opType) ?? false)

export const operatorFor = (node: Node): Operator =>
  table.get(node.domain)?.get(node.opType) ?? refuse(node.label, 'there is no such operator')
