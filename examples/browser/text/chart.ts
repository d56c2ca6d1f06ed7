import uPlot from 'uplot'
import { oncePerFrame } from '../page/dom.ts'
import { onThemeChange, themeColour } from '../page/theme.ts'

const HEIGHT = 200

export interface ChartOptions {
  /** What it shows, for those who do not see it. */
  readonly name: string
  /** Limits of the vertical axis, for values between these. */
  readonly range: (low: number, high: number) => [number, number]
  readonly format: (value: number) => string
}

/** A line of training figures and dots of validation figures over the epochs. */
export class Chart {
  private plot: uPlot
  private epochs: number[] = []
  private training: (number | null)[] = []
  private validation: (number | null)[] = []
  private readonly redraw = oncePerFrame(() =>
    this.plot.setData([this.epochs, this.training, this.validation]),
  )

  constructor(
    private readonly place: HTMLElement,
    private readonly options: ChartOptions,
  ) {
    this.plot = this.create()
    onThemeChange(() => {
      this.plot.destroy()
      this.plot = this.create()
    })
    new ResizeObserver(
      oncePerFrame(() => this.plot.setSize({ width: place.clientWidth, height: HEIGHT })),
    ).observe(place)
  }

  /** Begins anew, for a run of so many epochs. */
  clear(): void {
    this.epochs = []
    this.training = []
    this.validation = []
    this.describe('no data yet')
    this.redraw()
  }

  /** @param epoch how far training is, with the part of the epoch in progress */
  addTraining(epoch: number, value: number): void {
    this.epochs.push(epoch)
    this.training.push(value)
    this.validation.push(null)
    this.redraw()
  }

  addValidation(epoch: number, value: number): void {
    this.epochs.push(epoch)
    this.training.push(null)
    this.validation.push(value)
    this.describe(`${this.options.format(value)} on held-out texts after epoch ${epoch}`)
    this.redraw()
  }

  private describe(what: string): void {
    this.place.setAttribute('aria-label', `${this.options.name} by epoch: ${what}`)
  }

  private create(): uPlot {
    const { range, format } = this.options
    const axis = {
      stroke: themeColour('--soft'),
      grid: { stroke: themeColour('--grid'), width: 1 },
      ticks: { show: false },
      font: '12px ui-sans-serif, system-ui, sans-serif',
    }
    return new uPlot(
      {
        width: Math.max(1, this.place.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        padding: [10, 12, 0, 0],
        scales: {
          x: { time: false, range: (_, low, high) => [Math.min(low ?? 0, 0), Math.max(high ?? 1, 1)] },
          y: { range: (_, low, high) => range(low ?? 1, high ?? 1) },
        },
        axes: [
          { ...axis, size: 28, incrs: [1, 2, 5, 10, 20] },
          { ...axis, size: 46, values: (_, values) => values.map(format) },
        ],
        series: [
          {},
          { stroke: themeColour('--training'), width: 2, spanGaps: true, points: { show: false } },
          {
            stroke: themeColour('--validation'),
            width: 2,
            spanGaps: true,
            points: { show: true, size: 7, fill: themeColour('--validation') },
          },
        ],
      },
      [this.epochs, this.training, this.validation],
      this.place,
    )
  }
}
