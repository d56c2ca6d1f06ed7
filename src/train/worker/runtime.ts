/** What differs between Node.js and browsers. */
export const runtime = {
  isNode: typeof process === 'object' && typeof process.versions?.node === 'string',

  /** A module of Node.js by a name that bundlers for browsers do not follow. */
  builtin: async <T>(name: string): Promise<T> =>
    ((process.getBuiltinModule as ((name: string) => unknown) | undefined)?.(name) ??
      (await import(/* @vite-ignore */ /* webpackIgnore: true */ name))) as T,
}
