import { describe, expect, it } from 'vitest'
import { distort } from '../../examples/browser/digits/distort.ts'
import { loadNetwork } from '../../examples/browser/digits/network.ts'
import { centreOfMass, SIZE, toNetworkInput } from '../../examples/browser/digits/network-input.ts'
import { smooth } from '../../examples/browser/digits/picture.ts'
import { SAMPLES } from '../../examples/browser/digits/samples.ts'
import type { Stroke } from '../../examples/browser/digits/stroke.ts'
import { packagedDigits, readDigits } from '../../examples/digits/data.ts'
import { Generator } from '../../src/index.ts'

const ELL: Stroke = [
  { x: 0.3, y: 0.2 },
  { x: 0.3, y: 0.8 },
  { x: 0.6, y: 0.8 },
]

function inputOf(...strokes: Stroke[]): Float32Array {
  const picture = toNetworkInput(strokes)
  if (picture === null) throw new Error('there are strokes, but no picture')
  return picture
}

/** Columns and rows from the first to the last with ink of at least a half. */
function extentOf(picture: Float32Array): [columns: number, rows: number] {
  const inked = [...picture.keys()].filter(i => picture[i] >= 0.5)
  const columns = inked.map(i => i % SIZE)
  const rows = inked.map(i => Math.floor(i / SIZE))
  return [Math.max(...columns) - Math.min(...columns) + 1, Math.max(...rows) - Math.min(...rows) + 1]
}

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0)

describe('toNetworkInput', () => {
  it('gives nothing for nothing', () => {
    expect(toNetworkInput([])).toBeNull()
  })

  it('fits the longer side into 20 pixels and keeps the proportions', () => {
    const [columns, rows] = extentOf(inputOf(ELL))
    expect(rows).toBeGreaterThanOrEqual(19)
    expect(rows).toBeLessThanOrEqual(21)
    // The way is half as wide as high, and the pen 2.6 pixels wide.
    expect(Math.abs(columns - ((20 - 2.6) / 2 + 2.6))).toBeLessThanOrEqual(1)
  })

  it('has the centre of mass in the middle', () => {
    const { x, y } = centreOfMass(inputOf(ELL))
    // Between pixels the ink falls a little otherwise once it has been moved.
    expect(Math.abs(x - SIZE / 2)).toBeLessThan(0.1)
    expect(Math.abs(y - SIZE / 2)).toBeLessThan(0.1)
  })

  it('does not depend on place and size', () => {
    const small = ELL.map(({ x, y }) => ({ x: 0.35 + x / 2, y: y / 2 - 0.05 }))
    const [expected, got] = [inputOf(ELL), inputOf(small)]
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i], 4)
  })

  it('holds paper as 0 and ink as 1', () => {
    const picture = inputOf(ELL)
    expect(Math.min(...picture)).toBe(0)
    expect(Math.max(...picture)).toBe(1)
  })

  it('leaves a dot a dot, even where the pen moved a little', () => {
    const dot = { x: 0.9, y: 0.1 }
    const picture = inputOf([dot])
    expect(extentOf(picture)).toEqual([2, 2])
    expect(centreOfMass(picture).x).toBeCloseTo(SIZE / 2)
    const [columns, rows] = extentOf(inputOf([dot, { x: 0.91, y: 0.1 }]))
    expect(columns).toBeLessThanOrEqual(4)
    expect(rows).toBe(2)
  })
})

describe('distort', () => {
  const picture = inputOf(ELL)
  const distorted = (seed: number): Float32Array => {
    const out = new Float32Array(SIZE * SIZE)
    distort(picture, out, { size: SIZE, generator: new Generator(seed) })
    return out
  }

  it('changes a picture by the generator', () => {
    expect(distorted(1)).toEqual(distorted(1))
    expect(distorted(1)).not.toEqual(distorted(2))
  })

  it('keeps the ink, more or less where it was', () => {
    for (let seed = 0; seed < 50; seed++) {
      const out = distorted(seed)
      expect(Math.min(...out)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...out)).toBeLessThanOrEqual(1)
      // 1.14² at most, and what interpolation at the edges does.
      expect(sum(out) / sum(picture)).toBeGreaterThan(0.7)
      expect(sum(out) / sum(picture)).toBeLessThan(1.4)
      expect(Math.abs(centreOfMass(out).x - SIZE / 2)).toBeLessThan(2)
      expect(Math.abs(centreOfMass(out).y - SIZE / 2)).toBeLessThan(2)
    }
  })
})

it('smooths a picture by its neighbours', () => {
  const point = new Float32Array(25)
  point[12] = 16
  expect([...smooth(point, 5)]).toEqual([
    ...[0, 0, 0, 0, 0],
    ...[0, 1, 2, 1, 0],
    ...[0, 2, 4, 2, 0],
    ...[0, 1, 2, 1, 0],
    ...[0, 0, 0, 0, 0],
  ])
})

describe('the network of the digit pad', () => {
  it('reads the samples, drawn as they are', async () => {
    const network = await loadNetwork()
    for (const [digit, strokes] of SAMPLES.entries()) {
      const { probabilities } = network.read(inputOf(...strokes))
      expect(probabilities[digit]).toBeGreaterThan(0.8)
    }
  })

  it('reads held-out digits as well as its file says', async () => {
    const network = await loadNetwork()
    const { images, labels } = readDigits(packagedDigits(), 'test', 500)
    const pixels = SIZE * SIZE
    const right = labels.filter((label, i) => {
      const { probabilities } = network.read(images.data.slice(i * pixels, (i + 1) * pixels))
      return probabilities.indexOf(Math.max(...probabilities)) === label
    })
    expect(network.training.heldOutAccuracy).toBeGreaterThan(0.99)
    expect(right.length / labels.length).toBeGreaterThan(0.98)
  })

  it('shows what its convolutions found, and which pixels made the answer', async () => {
    const network = await loadNetwork()
    const picture = inputOf(...SAMPLES[3])
    const { probabilities, maps } = network.read(picture)
    expect(maps.map(({ size, count }) => [size, count])).toEqual([
      [26, 16],
      [11, 32],
    ])
    expect(maps.map(({ values }) => values.length)).toEqual([26 * 26 * 16, 11 * 11 * 32])
    const empty = network.read(new Float32Array(SIZE * SIZE))
    expect(sum(network.influence(picture, 3))).toBeCloseTo(probabilities[3] - empty.probabilities[3], 1)
    // Each map by itself: where nothing is drawn, a filter finds the same everywhere, and others something else.
    const [{ values }] = empty.maps
    const kinds = Array.from(
      { length: 16 },
      (_, map) => new Set(values.subarray(map * 26 * 26, (map + 1) * 26 * 26)),
    )
    expect(kinds.map(({ size }) => size)).toEqual(Array(16).fill(1))
    expect(new Set(values).size).toBeGreaterThan(4)
  })
})
