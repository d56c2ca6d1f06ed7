import type { Module } from '../nn/module.ts'

/** Paths of the modules that are not trained, and names of single parameters that are not; '' is the module itself. */
export function frozenNames(module: Module<unknown>): readonly string[] {
  const modules = [...module.namedModules()].filter(([, { trainable }]) => !trainable).map(([path]) => path)
  const isInside = (name: string): boolean => modules.some(path => path === '' || name.startsWith(`${path}.`))
  const parameters = [...module.namedParameters()]
    .filter(([name, { requiresGrad }]) => !requiresGrad && !isInside(name))
    .map(([name]) => name)
  return [...modules, ...parameters]
}

/** Freezes what `frozenNames` found; names that the module does not have come back. */
export function freeze(module: Module<unknown>, names: readonly string[]): readonly string[] {
  const frozen = new Set(names)
  // Outer modules come first: what they set for all inside, the inner ones correct.
  for (const [path, inner] of module.namedModules()) {
    if (inner.trainable === frozen.has(path)) inner.trainable = !frozen.has(path)
    frozen.delete(path)
  }
  for (const [name, parameter] of module.namedParameters())
    if (frozen.delete(name)) parameter.requiresGrad = false
  return [...frozen]
}
