import { byId, make } from '../page/dom.ts'
import { formatRate } from './rate.ts'

const best = new Map<string, number>()

/** Adds a run to the comparison; the best run of each device counts. */
export function recordSpeed(device: string, rate: number): void {
  best.set(device, Math.max(rate, best.get(device) ?? 0))
  const rows = byId('speed-rows', HTMLTableSectionElement)
  const most = Math.max(...best.values())
  const bar = (value: number): HTMLElement =>
    make(
      'div',
      { class: 'speed-bar' },
      make(
        'div',
        { class: 'meter' },
        make('div', { class: 'meter-fill', style: { width: `${(100 * value) / most}%` } }),
      ),
      make('span', { class: 'number', text: formatRate(value) }),
    )
  rows.replaceChildren(
    ...[...best].map(([name, value]) =>
      make('tr', {}, make('th', { text: name, attributes: { scope: 'row' } }), make('td', {}, bar(value))),
    ),
  )
  const table = rows.closest('table')
  if (table !== null) table.hidden = false
  byId('speed-hint', HTMLElement).textContent =
    'Examples per second in training, the best run of each device.'
}
