const SHADES = ' ░▒▓█'

/** Draws a grey image in characters, two rows to a line; values in 0 … 1. */
export function picture(values: ArrayLike<number>, width: number): string {
  const lines: string[] = []
  for (let row = 0; (row + 1) * width < values.length; row += 2) {
    const shades = Array.from({ length: width }, (_, x) => {
      const mean = (values[row * width + x] + values[(row + 1) * width + x]) / 2
      return SHADES[Math.min(SHADES.length - 1, Math.round(mean * (SHADES.length - 1)))]
    })
    lines.push(shades.join('').trimEnd())
  }
  return lines.filter(line => line !== '').join('\n')
}
