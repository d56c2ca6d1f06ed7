/** The text classifier for TF.js, tuned: what makes it slow there is written around, the mathematics is the same. */
import tf from '@tensorflow/tfjs'

/** Matrix product whose gradient copies transposes out instead of asking for transposed products. */
const matMul = tf.customGrad((a, b, save) => {
  save([a, b])
  return {
    value: tf.matMul(a, b),
    gradFunc: (g, [left, right]) => [tf.matMul(g, tf.transpose(right)), tf.matMul(tf.transpose(left), g)],
  }
})

/** Splits into steps by way of groups of ten: on wasm, each piece costs a copy of the whole source. */
const splitSteps = (sequence, steps) =>
  steps > 10 && steps % 10 === 0
    ? sequence.split(steps / 10).flatMap(group => group.split(10))
    : sequence.split(steps)

/** One input projection for all steps: cheapest where gradients are needed. */
const projectTogether = (embedded, steps, kernel, bias) =>
  splitSteps(matMul(embedded, kernel).add(bias), steps)

/** An input projection for each step: cheapest without gradients, as the smaller array is split. */
const projectEach = (embedded, steps, kernel, bias) =>
  splitSteps(embedded, steps).map(input => tf.matMul(input, kernel).add(bias))

/**
 * tokens [batch, steps] → logits [batch]. Gates in the order i, f, g, o.
 * @param {{ together: boolean }} options whether the input projection of all steps is one product
 */
export const classifierLogits = (tokens, weights, { together }) => {
  const { embeddings, kernel, recurrentKernel, bias, headKernel, headBias } = weights
  const [batch, steps] = tokens.shape
  const units = headKernel.shape[0]
  const embedded = embeddings.gather(tokens.transpose().reshape([steps * batch])) // [steps·batch, embedding]
  const project = together ? projectTogether : projectEach
  let hidden = tf.zeros([batch, units])
  let cell = tf.zeros([batch, units])
  for (const input of project(embedded, steps, kernel, bias)) {
    const [i, f, g, o] = input.add(matMul(hidden, recurrentKernel)).split(4, 1)
    cell = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh()))
    hidden = o.sigmoid().mul(cell.tanh())
  }
  return matMul(hidden, headKernel).add(headBias).reshape([batch])
}

/** Mean binary cross-entropy from logits. */
export const bceFromLogits = (logits, labels) => tf.losses.sigmoidCrossEntropy(labels, logits)

/**
 * The gradient of a gather needs UnsortedSegmentSum: the wasm back end has none, and the cpu one's time grows with
 * rows × vocabulary. Registers a plain loop for either.
 * @param {string} backendName
 */
export const registerEmbeddingGradient = backendName => {
  if (tf.getKernel('UnsortedSegmentSum', backendName)) tf.unregisterKernel('UnsortedSegmentSum', backendName)
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName,
    kernelFunc: ({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }) => {
      const rows = x.shape[0]
      const width = x.shape.slice(1).reduce((product, size) => product * size, 1)
      const typed = info => backend.typedArrayFromHeap?.(info) ?? backend.data.get(info.dataId).values
      const shape = [numSegments, ...x.shape.slice(1)]
      const out =
        backendName === 'wasm'
          ? backend.makeOutput(shape, x.dtype)
          : backend.makeTensorInfo(shape, x.dtype, new Float32Array(numSegments * width))
      const sums = typed(out)
      const values = typed(x)
      const ids = typed(segmentIds)
      sums.fill(0)
      for (let row = 0; row < rows; row++) {
        const target = ids[row] * width
        const source = row * width
        for (let column = 0; column < width; column++) sums[target + column] += values[source + column]
      }
      return out
    },
  })
}
