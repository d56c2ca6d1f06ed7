import { ValueError } from '../errors.ts'
import type { Logs } from './history.ts'

/** Whether a smaller or a larger figure is better. */
export type MonitorMode = 'min' | 'max'

const LARGER_IS_BETTER = /(accuracy|auc|precision|recall|f1score|r2score|similarity)$/i

/** Which way a figure is better, by its name: everything unknown is an error or a loss. */
export const modeOf = (figure: string): MonitorMode => (LARGER_IS_BETTER.test(figure) ? 'max' : 'min')

/** Refuses anything but a mode. */
export function checkMode(operation: string, mode: MonitorMode): MonitorMode {
  if (mode === 'min' || mode === 'max') return mode
  throw new ValueError({
    operation,
    problem: `knows the modes 'min' and 'max', got '${String(mode)}'.`,
    argument: 'mode',
    received: mode,
  })
}

/** The figure that a callback watches; refuses one that is not there. */
export function monitored(operation: string, monitor: string, logs: Logs): number {
  if (Object.hasOwn(logs, monitor)) return logs[monitor]
  throw new ValueError({
    operation,
    problem: `finds no '${monitor}' among ${Object.keys(logs).join(', ')}.`,
    hint: monitor.startsWith('val') ? 'pass validationData or validationSplit to fit.' : undefined,
    argument: 'monitor',
    received: monitor,
  })
}
