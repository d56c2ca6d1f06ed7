/** Versions of installed packages, read from their package.json. */
import { readFileSync } from 'node:fs'

/** @param {...string} names */
export const versionsOf = (...names) =>
  Object.fromEntries(
    names.map(name => {
      const path = new URL(`node_modules/${name}/package.json`, import.meta.url)
      return [name, JSON.parse(readFileSync(path, 'utf8')).version]
    }),
  )
