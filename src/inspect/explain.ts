import { isInsideBackward } from '../autodiff/pass.ts'
import type { ModelData } from '../data/rows.ts'
import { currentEngine, engineOf, getDevice } from '../engine/device.ts'
import { Offload } from '../engine/gpu/offload.ts'
import type { ProductRow } from '../engine/gpu/report.ts'
import { currentOffload, lay } from '../engine/gpu/attach.ts'
import { DeviceError } from '../errors.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { type DeviceOption, onDevice } from '../train/on-device.ts'
import { gradients } from './gradients.ts'
import { alignedTable, shortNumber } from './table.ts'

/** One matrix product of a step: who computed it, how long it was expected to take and took, and why there. */
export interface ExplanationRow extends ProductRow {
  readonly pass: 'forward' | 'backward'
}

/** Rows in the order in which the products ran; prints as a table, with equal neighbours in one line (mean times). */
export class Explanation {
  constructor(
    readonly rows: readonly ExplanationRow[],
    /** The device that was chosen, and the GPU beside it if there is one. */
    readonly device: string,
  ) {}

  toString(): string {
    const groups: { row: ExplanationRow; count: number; took: number }[] = []
    for (const row of this.rows) {
      const last = groups[groups.length - 1]
      const took = row.measured ?? Number.NaN
      if (last !== undefined && isSame(last.row, row)) {
        last.count++
        last.took += took
      } else groups.push({ row, count: 1, took })
    }
    const width = Math.max(0, ...groups.map(({ row }) => row.reason.length))
    const table = alignedTable(
      [
        'Operation',
        'Pass',
        'm × k · k × n',
        'Times',
        'Kernel',
        'Device',
        'WASM ms',
        'GPU ms',
        'Took ms',
        'Reason',
      ],
      groups.map(({ row, count, took }) => [
        row.operation,
        row.pass,
        `${row.m} × ${row.k} · ${row.k} × ${row.n}`,
        String(count),
        row.kernel,
        row.device,
        ms(row.predicted.wasm),
        ms(row.predicted.gpu),
        ms(Number.isNaN(took) ? null : took / count),
        row.reason.padEnd(width),
      ]),
    )
    return `${table}\ndevice: ${this.device}`
  }
}

const ms = (value: number | null): string => (value === null ? '–' : shortNumber(value))

const isSame = (a: ExplanationRow, b: ExplanationRow): boolean =>
  (['operation', 'pass', 'm', 'n', 'k', 'op', 'device', 'kernel', 'reason'] as const).every(
    key => a[key] === b[key],
  )

/** Rounds before the one that is shown: a GPU gets a shape at its third use, and compiles it then. */
const ROUNDS_BEFORE = 3

/**
 * Where the matrix products of a compiled model are computed, and why: one forward and one backward pass over a batch,
 * in evaluation mode. Nothing is trained.
 *
 * Times are those of the last of four rounds. Products within a larger kernel, such as an LSTM's, have none of their own.
 *
 * @throws BuildError for a model that was not compiled; ShapeError for data that do not fit; DeviceError on a reference
 *   device
 * @example
 * const model = sequential(dense({ units: 1 }))
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
 * console.log(String(await explain(model, { x: [[1, 2], [3, 4]], y: [[1], [2]] })))
 */
export async function explain(
  model: Model<ModelResult>,
  batch: { readonly x: ModelData; readonly y: ModelData },
  options: DeviceOption = {},
): Promise<Explanation> {
  return onDevice(options, () => {
    if (currentEngine().name !== 'wasm') {
      throw new DeviceError({
        operation: 'explain',
        problem: `has nothing to say about the device "${getDevice()}", which computes everything itself.`,
        hint: "choose 'wasm', 'auto' or 'gpu'.",
      })
    }
    const engine = engineOf('wasm')
    const present = currentOffload()
    const offload = present ?? new Offload(engine, null)
    const rows: ExplanationRow[] = []
    if (present === null) lay(engine, offload)
    try {
      offload.recorder = () => {}
      for (let i = 0; i < ROUNDS_BEFORE; i++) gradients(model, batch.x, batch.y)
      offload.recorder = row => rows.push({ ...row, pass: isInsideBackward() ? 'backward' : 'forward' })
      gradients(model, batch.x, batch.y)
    } finally {
      offload.recorder = null
      if (present === null) engine.overlay('gpu', null)
    }
    return new Explanation(rows, `${getDevice()}, ${offload.description}`)
  })
}
