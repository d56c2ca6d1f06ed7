/**
 * Runs `body` without the console: libraries write a page there about each damaged file. One of them keeps the console that
 * it finds when it starts.
 */
export async function quietly<T>(body: () => Promise<T>): Promise<T> {
  const { error, warn } = console
  console.error = () => {}
  console.warn = () => {}
  try {
    return await body()
  } finally {
    Object.assign(console, { error, warn })
  }
}
