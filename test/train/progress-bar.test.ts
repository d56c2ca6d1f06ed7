import { describe, expect, it } from 'vitest'
import { SGD, sequential } from '../../src/index.ts'
import { progress } from '../../src/train/progress.ts'

/** Every line that a terminal of this width is shown during an epoch of ten batches. */
function linesAt(columns: number | undefined): string[] {
  const lines: string[] = []
  let time = 0
  const callback = progress(
    { isTerminal: true, columns, write: text => void lines.push(text.replace('\r\x1b[2K', '')) },
    () => (time += 100),
  )
  const model = sequential()
  const control = { stop: () => {}, optimizer: new SGD([]), model }
  const info = { model, epochs: 5, batches: 10, examples: 320, initialEpoch: 0, initialBatch: 0 }
  callback.onTrainBegin?.(info, control)
  callback.onEpochBegin?.(0, control)
  for (let batch = 0; batch < 10; batch++)
    callback.onBatchEnd?.(batch, { loss: 10 / (batch + 1), accuracy: batch / 10 }, control)
  return lines
}

describe('the progress bar on a terminal', () => {
  it.each([200, 80, 60, 40, 10, 1])('stays on one line of %i columns', columns => {
    for (const line of linesAt(columns)) expect(line.length).toBeLessThan(Math.max(2, columns))
  })

  it('counts batches alone where the data do not tell how many there are', () => {
    const lines: string[] = []
    let time = 0
    const output = { isTerminal: true, columns: 60, write: (text: string) => void lines.push(text) }
    const callback = progress(output, () => (time += 100))
    const model = sequential()
    const control = { stop: () => {}, optimizer: new SGD([]), model }
    const info = { model, epochs: 2, batches: null, examples: null, initialEpoch: 1, initialBatch: 5 }
    callback.onTrainBegin?.(info, control)
    callback.onBatchEnd?.(5, { loss: 1 }, control)
    callback.onBatchEnd?.(6, { loss: 1 }, control)
    callback.onEpochEnd?.(1, { loss: 1 }, control)
    // Resumed amid the second epoch: only the batches of this run count for the rate.
    expect(lines[1]).toBe('\r\x1b[2KEpoch 2/2 7 batches 10 batches/s - loss: 1.0000')
    expect(lines[2]).toBe('\r\x1b[2KEpoch 2/2 - 300ms - 7 batches/s - loss: 1.0000\n')
  })

  it('fills up', () => {
    const filled = linesAt(undefined).map(line => line.split('━').length - 1)
    expect(filled).toEqual([...filled].sort((left, right) => left - right))
    expect(filled.at(-1)).toBe(24)
  })

  it('keeps or loses cells where there is little room, but never wins any back', () => {
    const cells = linesAt(74).map(line => line.replace(/[^━─]/g, '').length)
    expect(cells).toEqual([...cells].sort((left, right) => right - left))
    expect(cells.at(-1)).toBeGreaterThanOrEqual(6)
  })

  it('shows the figures alone where there is no room for a bar', () => {
    expect(linesAt(56).at(-1)).toMatch(/^Epoch 1\/5 10\/10 .* - loss: 1\.0000/)
  })
})
