import type { Backend } from './backend.ts'
import type { DeviceFault, FaultKind } from './fault.ts'
import { toFault } from './fault.ts'
import type { OperandCache } from './operand-cache.ts'
import { freshCounters } from './report.ts'
import type { ShapeClass } from './shapes.ts'

/** A lost device is started once more, and not again. */
const MOST_LOSSES = 1
/** So many shapes in a row may be beyond a device. */
const MOST_FAILURES = 4

/** Whether a device is relied on: what it did wrong, and when it was enough. */
export class Trust {
  readonly counters = freshCounters()
  /** Why the device gets no more products. */
  disabled: string | null = null
  /** Shapes that failed since one worked. */
  private failures = 0

  constructor(
    private readonly backend: Backend | null,
    private readonly cache: OperandCache,
    private readonly warn: (message: string) => void = message => console.warn(message),
  ) {}

  /** A product was right. */
  confirm(): void {
    this.failures = 0
    this.counters.offloaded++
  }

  /** After a fault nothing is known of the device: it starts over, as far as it may. */
  recover({ kind, message }: DeviceFault, shape: ShapeClass | null): void {
    this.cache.clear()
    const verdict = this.verdictOn(kind, message, shape)
    if (verdict !== null) {
      this.refuse(verdict)
      return
    }
    try {
      this.backend?.reset()
    } catch (error) {
      this.refuse(`it was lost and cannot be started again: ${toFault(error).message}`)
    }
  }

  /** Why a fault is the device's end; null where it gets another chance. */
  private verdictOn(kind: FaultKind, message: string, shape: ShapeClass | null): string | null {
    if (kind === 'broken') return message
    if (kind === 'failed' && shape !== null && !shape.isChecked) {
      this.refuseShape(shape, `the GPU cannot do it: ${message}`)
      return ++this.failures > MOST_FAILURES ? `it fails at every shape: ${message}` : null
    }
    return ++this.counters.losses > MOST_LOSSES ? `it was lost again: ${message}` : null
  }

  refuseShape(shape: ShapeClass, reason: string): void {
    this.counters.refusals++
    shape.refusal = reason
  }

  /** The device gets nothing any more; there is one warning. */
  refuse(reason: string): void {
    if (this.disabled !== null) return
    this.counters.refusals++
    const { backend } = this
    this.disabled = `${backend?.mode} (${backend?.adapter.name}) is refused: ${reason}`
    this.cache.clear()
    this.warn(
      `tensorloom: the GPU ${this.disabled}. Everything runs on WebAssembly from here on; results are the same.`,
    )
  }
}
