import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build, type InlineConfig } from 'vite'

/** What Vite makes of a page, by path. */
export async function viteFiles(config: InlineConfig): Promise<Map<string, Uint8Array>> {
  const outDir = await mkdtemp(join(tmpdir(), 'tensorloom-vite-'))
  try {
    await build({ ...config, logLevel: 'error', build: { outDir, emptyOutDir: true } })
    const entries = await readdir(outDir, { recursive: true, withFileTypes: true })
    const files = entries
      .filter(entry => entry.isFile())
      .map(async entry => {
        const path = join(entry.parentPath, entry.name)
        return [`/${relative(outDir, path).replaceAll('\\', '/')}`, await readFile(path)] as const
      })
    return new Map(await Promise.all(files))
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}
