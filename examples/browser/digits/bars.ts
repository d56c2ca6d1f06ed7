import { byId, make } from '../page/dom.ts'

const DIGITS = 10

/** A bar with the probability of each digit. */
export class Bars {
  private readonly rows = Array.from({ length: DIGITS }, (_, digit) => {
    const fill = make('div', { class: 'meter-fill' })
    const number = make('span', { class: 'number' })
    const row = make(
      'li',
      { class: 'bar' },
      make('span', { class: 'bar-digit', text: String(digit) }),
      make('div', { class: 'meter' }, fill),
      number,
    )
    return { row, fill, number }
  })

  constructor() {
    byId('digit-bars', HTMLUListElement).replaceChildren(...this.rows.map(({ row }) => row))
    this.show(null)
  }

  /** @param probabilities of the ten digits; null while there is nothing to read */
  show(probabilities: readonly number[] | null): void {
    const best = probabilities === null ? -1 : probabilities.indexOf(Math.max(...probabilities))
    for (const [digit, { row, fill, number }] of this.rows.entries()) {
      const percent = 100 * (probabilities?.[digit] ?? 0)
      row.classList.toggle('best', digit === best)
      fill.style.width = `${percent}%`
      number.textContent = probabilities === null ? '–' : `${percent.toFixed(1)} %`
    }
  }
}
