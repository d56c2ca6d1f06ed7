/**
 * W7 on TF.js as its users have to write it where convolution has no gradient (back end wasm): patches by slices, a matrix
 * product with them, and pooling as a maximum over axes.
 */
import tf from '@tensorflow/tfjs'
import { cnn } from '../tasks.ts'

export const cnnNames = [0, 1, 2, 3].flatMap(layer => [`kernel${layer}`, `bias${layer}`])

/** 3 × 3 convolution without padding, x [batch, height, width, channels], kernel [3, 3, channels, filters]. */
const convolve = (x, kernel, bias) => {
  const [batch, height, width, channels] = x.shape
  const [outHeight, outWidth, filters] = [height - 2, width - 2, kernel.shape[3]]
  const taps = [0, 1, 2].flatMap(i =>
    [0, 1, 2].map(j => x.slice([0, i, j, 0], [batch, outHeight, outWidth, channels])),
  )
  const patches = tf.concat(taps, 3).reshape([batch * outHeight * outWidth, 9 * channels])
  return patches
    .matMul(kernel.reshape([9 * channels, filters]))
    .add(bias)
    .reshape([batch, outHeight, outWidth, filters])
}

/** The largest of 2 × 2; a last row and column that are left over do not count. */
const pool = x => {
  const [batch, height, width, channels] = x.shape
  const [rows, columns] = [height >> 1, width >> 1]
  return x
    .slice([0, 0, 0, 0], [batch, 2 * rows, 2 * columns, channels])
    .reshape([batch * rows, 2, columns, 2 * channels])
    .max(1)
    .reshape([batch * rows * columns, 2, channels])
    .max(1)
    .reshape([batch, rows, columns, channels])
}

export const cnnLoss = ({ x, labels }, variables) => {
  let images = x
  for (const layer of [0, 1]) {
    images = pool(convolve(images, variables[`kernel${layer}`], variables[`bias${layer}`]).relu())
  }
  const flat = images.reshape([images.shape[0], variables.kernel2.shape[0]])
  const hidden = flat.matMul(variables.kernel2).add(variables.bias2).relu()
  const logits = hidden.matMul(variables.kernel3).add(variables.bias3)
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, cnn.classes), logits)
}
