/** The text classifier for jax-js. */
import { jit, nn, numpy as np, valueAndGrad, vjp } from '@jax-js/jax'
import { dataFor } from '../data.ts'
import { classifierSizes } from '../tasks.ts'

/** Tokens [batch, steps] laid out step by step, as the classifier reads them. */
export const tokensByStep = id => {
  const { shape, values } = dataFor(id).tokens
  const [batch, steps] = shape
  const ordered = Int32Array.from(
    { length: batch * steps },
    (_, at) => values[(at % batch) * steps + Math.floor(at / batch)],
  )
  return np.array(ordered, { dtype: np.int32 })
}

/** embedded [steps·batch, embedding] → logits [batch]; gates in the order i, f, g, o. */
export const recurrent = (
  batch,
  steps,
  { kernel, recurrentKernel, bias, headKernel, headBias },
  embedded,
) => {
  const units = headKernel.shape[0]
  const projected = np
    .matmul(embedded, kernel)
    .add(bias)
    .reshape([steps, batch, 4 * units])
  let hidden = np.zeros([batch, units])
  let cell = np.zeros([batch, units])
  for (const input of np.split(projected, steps, 0)) {
    const gates = input.reshape([batch, 4 * units]).add(np.matmul(hidden, recurrentKernel.ref))
    const [i, f, g, o] = np.split(gates, 4, 1)
    cell = nn
      .sigmoid(f)
      .mul(cell)
      .add(nn.sigmoid(i).mul(np.tanh(g)))
    hidden = nn.sigmoid(o).mul(np.tanh(cell.ref))
  }
  cell.dispose()
  recurrentKernel.dispose()
  return np.matmul(hidden, headKernel).add(headBias).reshape([batch])
}

/** The gradient of `take` cannot be compiled, so the lookup stays outside of the compiled step. */
export const classifierStep = id => {
  const { batch, steps } = classifierSizes[id]
  const inner = jit(
    valueAndGrad(
      (weights, embedded, labels) => {
        const logits = recurrent(batch, steps, weights, embedded)
        return np.mean(nn.softplus(logits.ref).sub(logits.mul(labels)))
      },
      { argnums: [0, 1] },
    ),
  )
  return ({ embeddings, ...weights }, { tokens, labels }) => {
    const [embedded, backward] = vjp(table => np.take(table, tokens, 0), [embeddings])
    const [loss, [gradients, outer]] = inner(weights, embedded, labels)
    const [table] = backward(outer)
    backward.dispose?.()
    return [loss, { embeddings: table, ...gradients }]
  }
}
