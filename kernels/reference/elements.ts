import type { BinaryName, CompareName, ElementKernels, Heap, ReduceName } from '../kernels.ts'

/** The number type of a set of elements: where they lie and how they calculate. */
export interface ElementType {
  /** The memory as it is now: read anew at every call, since memory may grow. */
  readonly view: () => Float32Array | Float64Array | Int32Array
  /** log2 of the bytes of an element */
  readonly shift: 2 | 3
  readonly binary: Readonly<Record<BinaryName, (a: number, b: number) => number>>
  readonly compare: Readonly<Record<CompareName, (a: number, b: number) => boolean>>
  /** How a reduction starts and goes on. Accumulators are doubles. */
  readonly reduce: Readonly<
    Record<ReduceName, { readonly start: number; readonly step: (sum: number, x: number) => number }>
  >
}

/** The kernels that exist for every element type, written once over `type`. */
export function createElements(heap: Heap, type: ElementType): ElementKernels {
  const { view, shift } = type

  const binary =
    (f: (a: number, b: number) => number): ElementKernels['binary']['add'] =>
    (out, a, b, rows, cols, aRow, aCol, bRow, bCol) => {
      const v = view()
      let o = out >>> shift
      for (let r = 0; r < rows; r++) {
        let i = (a >>> shift) + r * aRow
        let j = (b >>> shift) + r * bRow
        for (let c = 0; c < cols; c++) {
          v[o++] = f(v[i], v[j])
          i += aCol
          j += bCol
        }
      }
    }

  const compare =
    (f: (a: number, b: number) => boolean): ElementKernels['compare']['less'] =>
    (out, a, b, rows, cols, aRow, aCol, bRow, bCol) => {
      const v = view()
      const int = heap.int
      let o = out >>> 2
      for (let r = 0; r < rows; r++) {
        let i = (a >>> shift) + r * aRow
        let j = (b >>> shift) + r * bRow
        for (let c = 0; c < cols; c++) {
          int[o++] = f(v[i], v[j]) ? 1 : 0
          i += aCol
          j += bCol
        }
      }
    }

  const reduce = ({
    start,
    step,
  }: {
    start: number
    step: (sum: number, x: number) => number
  }): ElementKernels['reduce']['sum'] => {
    return (out, x, outer, size, inner) => {
      const v = view()
      const to = out >>> shift
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let at = (x >>> shift) + o * size * inner + i
          let sum = start
          for (let s = 0; s < size; s++, at += inner) sum = step(sum, v[at])
          v[to + o * inner + i] = sum
        }
      }
    }
  }

  const positionOf =
    (beats: (x: number, best: number) => boolean): ElementKernels['argMax'] =>
    (out, x, outer, size, inner) => {
      const v = view()
      const int = heap.int
      const to = out >>> 2
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const from = (x >>> shift) + o * size * inner + i
          let best = v[from]
          let position = 0
          for (let s = 1; s < size; s++) {
            const value = v[from + s * inner]
            if (beats(value, best) || (Number.isNaN(value) && !Number.isNaN(best))) {
              best = value
              position = s
            }
          }
          int[to + o * inner + i] = position
        }
      }
    }

  return {
    binary: mapValues(type.binary, binary),
    compare: mapValues(type.compare, compare),
    reduce: mapValues(type.reduce, reduce),
    argMax: positionOf((x, best) => x > best),
    argMin: positionOf((x, best) => x < best),

    cumsum: (out, x, outer, size, inner) => {
      const v = view()
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const offset = o * size * inner + i
          let sum = 0
          for (let s = 0; s < size; s++) {
            sum += v[(x >>> shift) + offset + s * inner]
            v[(out >>> shift) + offset + s * inner] = sum
          }
        }
      }
    },

    fill: (out, n, value) => {
      view().fill(value, out >>> shift, (out >>> shift) + n)
    },

    copy: (out, x, n) => {
      view().copyWithin(out >>> shift, x >>> shift, (x >>> shift) + n)
    },

    copy2d: (out, x, rows, cols, outRow, outCol, xRow, xCol) => {
      const v = view()
      for (let r = 0; r < rows; r++) {
        let to = (out >>> shift) + r * outRow
        let from = (x >>> shift) + r * xRow
        for (let c = 0; c < cols; c++) {
          v[to] = v[from]
          to += outCol
          from += xCol
        }
      }
    },

    transpose: (out, x, rows, cols) => {
      const v = view()
      const to = out >>> shift
      let from = x >>> shift
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < cols; c++) v[to + c * rows + r] = v[from++]
      }
    },

    where: (out, cond, a, b, n) => {
      const v = view()
      const int = heap.int
      for (let i = 0; i < n; i++) {
        v[(out >>> shift) + i] = int[(cond >>> 2) + i] !== 0 ? v[(a >>> shift) + i] : v[(b >>> shift) + i]
      }
    },

    gather: (out, x, index, outer, size, inner, count) => {
      const v = view()
      const int = heap.int
      let to = out >>> shift
      for (let o = 0; o < outer; o++) {
        for (let j = 0; j < count; j++) {
          const from = (x >>> shift) + (o * size + int[(index >>> 2) + j]) * inner
          v.copyWithin(to, from, from + inner)
          to += inner
        }
      }
    },

    scatterAdd: (out, x, index, outer, size, inner, count) => {
      const v = view()
      const int = heap.int
      let from = x >>> shift
      for (let o = 0; o < outer; o++) {
        for (let j = 0; j < count; j++) {
          const to = (out >>> shift) + (o * size + int[(index >>> 2) + j]) * inner
          for (let i = 0; i < inner; i++) v[to + i] += v[from++]
        }
      }
    },
  }
}

/** The same keys with every value mapped. */
export function mapValues<K extends string, V, W>(
  table: Readonly<Record<K, V>>,
  f: (value: V) => W,
): Record<K, W> {
  return Object.fromEntries(Object.entries<V>(table).map(([key, value]) => [key, f(value)])) as Record<K, W>
}
