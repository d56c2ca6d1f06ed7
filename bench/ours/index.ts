/**
 * tensorloom's contenders by task (see ../tasks.ts): each entry makes a fresh contender. Data and initial weights
 * come from `dataFor(id)` in ../data.ts, the same for everyone.
 */
import packageJson from '../../package.json' with { type: 'json' }
import type { Entry, Library } from '../harness.ts'

const entries: Record<string, Entry> = {
  // W1-128 … W1-2048: square products.
  // W2-32x64x256, W2-3200x64x256, W2-32x784x128, each also with -dA (G·Bᵀ) and -dB (Aᵀ·G).
  // W3: training step of the perceptron.
  // W4-train, W4-infer-1, W4-infer-32: the text classifier.
  // W5-train-2, W5-train-32: the small text classifier.
  // W6-tanh, W6-sigmoid, W6-exp, W6-add, W6-sum, W6-softmax.
  // W9: (a·b + c).sum() with 8 elements, forward and backward.
  // W11: one step of a naive loop on W4, metrics computed after the update.
}

export const library: Library = { name: 'tensorloom', versions: { tensorloom: packageJson.version }, entries }
