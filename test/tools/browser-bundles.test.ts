import { build } from 'esbuild'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { exports as subpaths, peerDependencies } from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = Object.values(subpaths)
  .map(target => (typeof target === 'string' ? '' : target.types))
  .filter(types => types !== '')
  .map(types => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts'))

it.each(sources)(
  '%s can be bundled for a page: nothing in it asks a bundler for a module of Node',
  async source => {
    const { errors, outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [join(root, source)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      external: Object.keys(peerDependencies),
      logLevel: 'silent',
    })
    expect(errors).toEqual([])
    expect(outputFiles).toHaveLength(1)
  },
)
