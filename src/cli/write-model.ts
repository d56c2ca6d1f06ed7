import { mkdir } from 'node:fs/promises'
import { openDisk } from '../io/files.ts'
import { saveModel } from '../io/save.ts'
import type { Format } from './formats.ts'
import type { OpenedModel } from './open-model.ts'

/** Writes a model in a format; the writers of other formats are loaded when they are wanted. */
export async function writeModel(
  { model, extras }: OpenedModel,
  path: string,
  format: Format,
): Promise<void> {
  switch (format) {
    case 'tensorloom':
      return void (await saveModel(model, path, extras ?? {}))
    case 'tfjs': {
      const { saveTfjsModel } = await import('../formats/tfjs/index.ts')
      await mkdir(path, { recursive: true })
      return saveTfjsModel(model, path)
    }
    case 'keras': {
      const { saveKeras } = await import('../formats/keras/index.ts')
      return saveKeras(model, path)
    }
    case 'onnx': {
      const { exportOnnx } = await import('../formats/onnx/index.ts')
      const bytes = await exportOnnx(model)
      const disk = await openDisk('convert')
      return disk.replace([[path, bytes]])
    }
  }
}
