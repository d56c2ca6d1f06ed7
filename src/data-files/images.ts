import { type Dataset, dataset } from '../data/dataset.ts'
import type { ShapedData } from '../data/rows.ts'
import { FormatError, ValueError } from '../errors.ts'
import { loadPeer } from '../formats/shared/peer.ts'
import { builtin } from '../io/files.ts'
import { refuseUnknown, requireCount } from '../nn/options.ts'
import { unreadable } from './chunks.ts'

export interface ImageFolderOptions {
  /** [height, width] that every image is brought to. */
  readonly size: readonly [height: number, width: number]
  /** 3 for red, green and blue (default), 1 for grey, 4 with transparency. */
  readonly channels?: 1 | 3 | 4
  /** `cover` cuts what is too much (default), `contain` leaves a border, `fill` distorts. */
  readonly fit?: 'cover' | 'contain' | 'fill'
}

/** An image [height, width, channels] with values in 0 … 1, the number of its class, and its file. */
export interface ImageExample {
  readonly x: ShapedData
  readonly y: number
  readonly path: string
}

export interface ImageFolder {
  /** Names of the subfolders in order: the classes 0 … n−1. */
  readonly classNames: readonly string[]
  readonly images: Dataset<ImageExample>
}

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i

/**
 * Images in one subfolder per class, decoded and scaled as they are wanted. Leave `path` out before `batch`.
 *
 * @throws ValueError for a folder without classes; FormatError for one that is not there, and for a file that is no image;
 *   DeviceError without the package `sharp`
 * @example
 * const { images, classNames } = await fromImageFolder('pets', { size: [64, 64] })
 * const data = images.shuffle().map(({ x, y }) => ({ x, y })).batch({ batchSize: 32 }).prefetch()
 */
export async function fromImageFolder(folder: string, options: ImageFolderOptions): Promise<ImageFolder> {
  refuseUnknown('fromImageFolder', options, ['size', 'channels', 'fit'])
  const { size, channels = 3, fit = 'cover' } = options
  if (!Array.isArray(size) || size.length !== 2) {
    throw new ValueError({
      operation: 'fromImageFolder',
      problem: 'needs size as [height, width].',
      hint: 'for example { size: [64, 64] }.',
      argument: 'size',
      received: size,
    })
  }
  const [height, width] = size.map(length => requireCount('fromImageFolder', 'size', length))
  if (![1, 3, 4].includes(channels)) {
    throw new ValueError({
      operation: 'fromImageFolder',
      problem: `needs 1, 3 or 4 channels, got ${channels}.`,
    })
  }
  const { readdir } = await builtin<typeof import('node:fs/promises')>('node:fs/promises')
  const { join } = await builtin<typeof import('node:path')>('node:path')
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  const classNames = entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  classNames.sort()
  const files: { path: string; y: number }[] = []
  for (const [y, name] of classNames.entries()) {
    const names = (await readdir(join(folder, name))).filter(file => IMAGE.test(file)).sort()
    for (const file of names) files.push({ path: join(folder, name, file), y })
  }
  if (files.length === 0) {
    throw new ValueError({
      operation: 'fromImageFolder',
      problem: `found no images in subfolders of ${folder}.`,
      hint: 'put the images of each class into a folder of its own.',
      argument: 'folder',
      received: folder,
    })
  }

  const { default: sharp } = await loadPeer('fromImageFolder', 'sharp', () => import('sharp'))
  const decode = async (path: string): Promise<ShapedData> => {
    try {
      const image = sharp(path).resize({ width, height, fit })
      const coloured = channels === 1 ? image.greyscale() : image.toColourspace('srgb')
      const shaped = channels === 4 ? coloured.ensureAlpha() : coloured.removeAlpha()
      const { data, info } = await shaped.raw().toBuffer({ resolveWithObject: true })
      // A grey file stays grey in sRGB: its one channel stands for all three.
      const pixel = (i: number): number =>
        data[Math.floor(i / channels) * info.channels + Math.min(i % channels, info.channels - 1)]
      const values = Float32Array.from({ length: height * width * channels }, (_, i) => pixel(i) / 255)
      return { data: values, shape: [height, width, channels] }
    } catch (cause) {
      throw new FormatError({ operation: path, problem: 'could not be read as an image.', cause })
    }
  }
  const images = dataset(files).map(async ({ path, y }) => ({ x: await decode(path), y, path }))
  return { classNames, images }
}
