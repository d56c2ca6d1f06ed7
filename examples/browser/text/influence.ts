import {
  type Layer,
  logSoftmax,
  noGrad,
  oneHot,
  type Tensor,
  tensor,
  textToWordSequence,
} from '../../../src/index.ts'
import { type Classifier, classify, encode } from '../../text-classifier/classifier.ts'

/** A word of a sentence, and what it did. */
export interface Word {
  readonly text: string
  /** Whether it was among the words of training. */
  readonly isKnown: boolean
  /** By how much it moved the score; above 0 towards the class. */
  readonly influence: number
}

export interface Answer {
  /** Probability of each class. */
  readonly probabilities: readonly number[]
  /** The class whose score the influences belong to. */
  readonly explained: number
  readonly words: readonly Word[]
}

/** The layer before its activation: a saturated probability has no gradient left. */
type WithLogits = Layer & { forwardLogits(x: Tensor): Tensor }

/** Points on the way from nothing to the sentence. */
const STEPS = 16

/**
 * Probabilities of a sentence, and what each of its words contributed to the score: the log-odds of the second class, or
 * the log-probability of the likeliest of many.
 *
 *   influence of a word with the embedding e = Σ e · mean of ∂score/∂e over t·e, 0 < t ≤ 1
 *
 * That is gradient × input, averaged on the way from nothing to the sentence (integrated gradients, Sundararajan et al.
 * 2017): at the end of the way alone, a certain network has hardly any gradient left.
 */
export function explain(classifier: Classifier, sentence: string): Answer {
  const [probabilities] = classify(classifier, [sentence])
  const { data, shape } = encode(classifier, [sentence])
  const [embedding, ...others] = classifier.model.layers
  const last = others[others.length - 1] as WithLogits
  const vectors = noGrad(() => embedding.forward(tensor(data, { shape, dtype: 'int32' })))
  const parts = tensor(Float32Array.from({ length: STEPS }, (_, i) => (i + 0.5) / STEPS)).reshape([
    STEPS,
    1,
    1,
  ])
  const path = tensor(vectors.mul(parts).data(), {
    shape: [STEPS, ...vectors.shape.slice(1)],
    requiresGrad: true,
  })
  const hidden = others.slice(0, -1).reduce((x: Tensor, layer) => layer.forward(x), path)
  const logits = last.forwardLogits(hidden)
  const classes = logits.shape[1]
  const explained = classes === 1 ? 1 : probabilities.indexOf(Math.max(...probabilities))
  const chosen = oneHot(tensor([explained], { dtype: 'int32' }), Math.max(2, classes))
  const score = classes === 1 ? logits.sum() : logSoftmax(logits).mul(chosen).sum()
  score.backward()
  const gradient = path.grad?.mean({ axis: 0 })
  if (gradient === undefined) throw new Error('no gradient reached the words')
  const influences = vectors.squeeze({ axis: 0 }).mul(gradient).sum({ axis: 1 }).data()
  return { probabilities, explained, words: wordsOf(classifier, sentence, influences) }
}

function wordsOf(
  { tokenizer, maxLength }: Classifier,
  sentence: string,
  influences: ArrayLike<number>,
): Word[] {
  const [ids] = tokenizer.textsToSequences([sentence])
  const cut = tokenizer.options.charLevel ? Array.from(sentence) : textToWordSequence(sentence)
  const unknown = tokenizer.wordIndex.get('<unknown>')
  return ids.map((id, position) => ({
    text: cut.length === ids.length ? cut[position] : tokenizer.sequencesToTexts([[id]])[0],
    isKnown: id !== unknown,
    // Longer texts lose their beginning, shorter ones are padded there.
    influence: influences[position + maxLength - ids.length] ?? 0,
  }))
}
