import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { pageOptions } from '../../scripts/package/bundles.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')

/** What users write as 'tensorloom' is the one file of the package for pages, beside the page. */
const asPagesDo: Plugin = {
  name: 'as-pages-do',
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/index\.ts$/ }, () => ({ path: '/tensorloom.js', external: true }))
  },
}

/** Runs what the page's module exports as `run`, with the page's query as argument. */
const START = `import { run } from '/page.js'
globalThis.outcome = run(location.search.slice(1)).then(value => ({ value }), error => ({ error: String(error?.stack ?? error) }))`

const HTML =
  '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="/start.js"></script>'

let library: Promise<string> | undefined

/** The library as pages without a bundler load it, built once. */
function pageLibrary(): Promise<string> {
  library ??= build({ ...pageOptions, absWorkingDir: root, write: false }).then(
    ({ outputFiles }) => outputFiles[0].text,
  )
  return library
}

/**
 * The files of a page that runs a module of `pages`, with the library beside it; or with the library's sources inside,
 * for modules that use what is not public.
 */
export async function pageFiles(
  module: string,
  { inside = false }: { readonly inside?: boolean } = {},
): Promise<Map<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'pages', module)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    plugins: inside ? [] : [asPagesDo],
  })
  return new Map<string, string | Uint8Array>([
    ['/index.html', HTML],
    ['/start.js', START],
    ['/page.js', outputFiles[0].text],
    ...(inside ? [] : [['/tensorloom.js', await pageLibrary()] as const]),
  ])
}
