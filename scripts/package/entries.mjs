// What the package consists of, read from package.json: a new subpath is one entry of `exports` there.
//
//   "./name": {
//     "types": "./dist/src/PATH.d.ts",     declarations; the source is src/PATH.ts
//     "node": "./dist/name.js",            for Node: one file and shared chunks, which load quickly
//     "default": "./dist/src/PATH.js"      for bundlers: a file per module, of which they keep what is used
//   }
//
// Both files of the module, "./src/PATH.ts" and "./dist/src/PATH.js", go into `sideEffects`, too.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
export const dist = join(root, 'dist')
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Sources of the commands in `bin`. */
const COMMAND_SOURCES = { tensorloom: 'src/cli/main.ts' }

/** Packages that users install themselves where they need them. */
export const peers = Object.keys(manifest.peerDependencies ?? {})

function sourceOf(subpath, { types, node, default: module }) {
  const path = /^\.\/dist\/(src\/.*)\.d\.ts$/.exec(types)?.[1]
  const output = `./dist/${subpath === '.' ? 'index' : subpath.slice(2)}.js`
  if (path === undefined || module !== `./dist/${path}.js` || node !== output) {
    throw new Error(
      `exports["${subpath}"] of package.json is not of the form that ${import.meta.url} describes`,
    )
  }
  return `${path}.ts`
}

/** The library's entries: what is imported, the source, the name of the output in dist. */
export const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object' && target.types !== undefined)
  .map(([subpath, target]) => ({
    specifier: `${manifest.name}${subpath.slice(1)}`,
    source: sourceOf(subpath, target),
    name: subpath === '.' ? 'index' : subpath.slice(2),
  }))

/** The commands, built as the entries are. */
export const commands = Object.entries(manifest.bin ?? {}).map(([command, output]) => ({
  command,
  source: COMMAND_SOURCES[command],
  name: /^\.?\/?dist\/(.*)\.js$/.exec(output)?.[1],
}))

for (const { source } of entries) {
  // Else a bundler would skip the entry itself, and with it what it imports for its effect: the methods of Tensor.
  for (const file of [source, `dist/${source.replace(/\.ts$/, '.js')}`]) {
    if (!manifest.sideEffects.includes(`./${file}`))
      throw new Error(`package.json lacks ./${file} in sideEffects`)
  }
}
for (const { source } of [...entries, ...commands]) {
  if (!existsSync(join(root, source)))
    throw new Error(`package.json names an entry whose source ${source} is missing`)
}
