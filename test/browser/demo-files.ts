import { fileURLToPath } from 'node:url'
import { viteFiles } from './vite-files.ts'

const configFile = fileURLToPath(new URL('../../examples/browser/vite.config.ts', import.meta.url))

/** The files of the demonstration as `npm run demo` serves them, by path. */
export const demoFiles = (): Promise<Map<string, Uint8Array>> => viteFiles({ configFile })
