import { DeviceError } from '../../errors.ts'
import { type GpuLibrary, libraryIn } from './library.ts'

/** gpu.js under the name that bundlers see: none, since a bundle must do without it as well. */
const packageName = 'gpu.js'

/** The only import of gpu.js, which is optional. `source` is a URL where no package can be found by its name. */
async function importLibrary(source: string): Promise<unknown> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ source)
  } catch (error) {
    throw new DeviceError({
      operation: 'useGpu',
      problem: `needs gpu.js, but cannot import "${source}" here: install it, or pass it as library.`,
      hint: "npm install gpu.js. Where a bundler builds the program, or a page has none, pass it: import library from 'gpu.js'; await useGpu({ library }).",
      cause: error,
    })
  }
}

/** gpu.js as the module that was given, from the URL that was given, as the page's script tag left it, or imported. */
export async function loadLibrary(given: unknown): Promise<GpuLibrary> {
  const there = typeof given === 'string' ? undefined : (given ?? Reflect.get(globalThis, 'GPU'))
  const known = libraryIn(there)
  if (known !== null) return known
  if (given === undefined || typeof given === 'string') {
    const imported = libraryIn(await importLibrary(given ?? packageName))
    // The browser build is a script: imported as a module it leaves itself in the global scope.
    const library = imported ?? libraryIn(Reflect.get(globalThis, 'GPU'))
    if (library !== null) return library
  }
  throw new DeviceError({
    operation: 'useGpu',
    problem: 'got a library that is not gpu.js: it has no GPU and input.',
    hint: "pass the module: import library from 'gpu.js'; await useGpu({ library }).",
  })
}
