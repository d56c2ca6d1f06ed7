// Builds dist: the code for Node, for bundlers and for pages, and the declarations that a consumer's compiler reads.
import { mkdirSync, rmSync } from 'node:fs'
import { buildCode } from './package/bundles.mjs'
import { buildDeclarations } from './package/declarations.mjs'
import { dist } from './package/entries.mjs'

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
const outputs = await buildCode()
const declarations = buildDeclarations()
const kilobytes = pattern => {
  const bytes = outputs
    .filter(({ file }) => pattern.test(file))
    .reduce((sum, output) => sum + output.bytes, 0)
  return `${(bytes / 1024).toFixed(0)} KiB`
}
console.log(
  `dist: ${kilobytes(/^dist\/([^/]+|chunks\/.*)\.js$/)} for Node, ${kilobytes(/^dist\/(src|kernels)\//)} in modules, ` +
    `${kilobytes(/^dist\/browser\//)} for pages, ${declarations} declaration files`,
)
