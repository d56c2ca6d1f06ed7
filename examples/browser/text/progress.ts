import type { Logs } from '../../../src/index.ts'
import { byId, make } from '../page/dom.ts'
import { Chart } from './chart.ts'
import { formatRate, type Rate } from './rate.ts'

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
/** Batches of an epoch over the batches that the line averages. */
const SHARPNESS = 8
const FIGURES = ['loss', 'accuracy', 'val-accuracy', 'rate'] as const

/** Follows a figure from batch to batch, of which the logs give the mean since the epoch began. */
class Smoothed {
  private mean = 0
  private value: number | null = null

  /** @param batches in an epoch */
  next(batch: number, batches: number, mean: number): number {
    const single = batch === 0 ? mean : (batch + 1) * mean - batch * this.mean
    this.mean = mean
    this.value =
      this.value === null ? single : this.value + Math.min(1, SHARPNESS / batches) * (single - this.value)
    return this.value
  }
}

/** The figures, the charts and the table of a run. */
export class Progress {
  private readonly loss = new Chart(byId('loss-chart', HTMLElement), {
    name: 'Loss',
    range: (_, high) => [0, high * 1.05],
    format: value => value.toFixed(2),
  })
  private readonly accuracy = new Chart(byId('accuracy-chart', HTMLElement), {
    name: 'Accuracy',
    range: low => [Math.min(0.4, low), 1],
    format: value => `${Math.round(100 * value)} %`,
  })
  private batches = 1
  private smoothLoss = new Smoothed()
  private smoothAccuracy = new Smoothed()
  private readonly rows = byId('epoch-rows', HTMLTableSectionElement)
  private readonly figures = new Map(FIGURES.map(name => [name, byId(`figure-${name}`, HTMLElement)]))

  /** Begins anew, for epochs of so many batches. */
  clear(batches: number): void {
    this.batches = batches
    this.loss.clear()
    this.accuracy.clear()
    this.smoothLoss = new Smoothed()
    this.smoothAccuracy = new Smoothed()
    this.rows.replaceChildren()
    for (const figure of this.figures.values()) figure.textContent = '–'
  }

  batch(epoch: number, batch: number, logs: Logs, rate: Rate): void {
    const place = epoch + (batch + 1) / this.batches
    this.loss.addTraining(place, this.smoothLoss.next(batch, this.batches, logs.loss))
    this.accuracy.addTraining(place, this.smoothAccuracy.next(batch, this.batches, logs.accuracy))
    this.set('loss', logs.loss.toFixed(logs.loss < 0.01 ? 4 : 3))
    this.set('accuracy', percent(logs.accuracy))
    if (rate.perSecond !== null) this.set('rate', `${formatRate(rate.perSecond)}/s`)
  }

  /** @param epoch counted from 1 */
  epoch(epoch: number, logs: Logs): void {
    this.loss.addValidation(epoch, logs.valLoss)
    this.accuracy.addValidation(epoch, logs.valAccuracy)
    this.set('val-accuracy', percent(logs.valAccuracy))
    const cells = [
      String(epoch),
      logs.loss.toFixed(4),
      percent(logs.accuracy),
      logs.valLoss.toFixed(4),
      percent(logs.valAccuracy),
    ]
    this.rows.append(make('tr', {}, ...cells.map(text => make('td', { text }))))
  }

  private set(name: (typeof FIGURES)[number], text: string): void {
    const figure = this.figures.get(name)
    if (figure !== undefined) figure.textContent = text
  }
}
