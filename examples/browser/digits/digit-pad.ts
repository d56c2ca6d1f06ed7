import { byId, make, oncePerFrame } from '../page/dom.ts'
import { onThemeChange } from '../page/theme.ts'
import { Bars } from './bars.ts'
import { LayerMaps } from './layer-maps.ts'
import { loadNetwork, type Maps, type Network, type Training } from './network.ts'
import { SIZE, toNetworkInput } from './network-input.ts'
import { Pad } from './pad.ts'
import { showInk, showSigned, smooth } from './picture.ts'
import { SAMPLES } from './samples.ts'
import type { Stroke } from './stroke.ts'

/** How long the pen rests before the answer is said aloud and explained, in milliseconds. */
const REST = 250
const NOTHING = new Float32Array(SIZE * SIZE)

/** Brings the panel with the digit pad to life. */
export async function startDigitPad(): Promise<void> {
  const status = byId('digit-status', HTMLElement)
  try {
    const network = await loadNetwork()
    describe(network.training)
    new DigitPad(network)
  } catch (error) {
    status.classList.add('error')
    status.textContent = error instanceof Error ? error.message : String(error)
  }
}

class DigitPad {
  private readonly bars = new Bars()
  private readonly maps = new LayerMaps()
  private readonly status = byId('digit-status', HTMLElement)
  private readonly best = byId('digit-best', HTMLElement)
  private readonly seen = byId('digit-seen', HTMLCanvasElement)
  private readonly influence = byId('digit-influence', HTMLCanvasElement)
  private strokes: readonly Stroke[] = []
  private resting = 0
  private readonly refresh = oncePerFrame(() => this.read())

  constructor(private readonly network: Network) {
    const pad = new Pad(strokes => {
      this.strokes = strokes
      this.refresh()
    })
    const samples = SAMPLES.map((strokes, digit) => {
      const button = make('button', { text: String(digit), attributes: { type: 'button' } })
      button.addEventListener('click', () => pad.show(strokes))
      return button
    })
    byId('digit-samples', HTMLElement).append(...samples)
    pad.show([])
    onThemeChange(this.refresh)
  }

  private read(): void {
    const picture = toNetworkInput(this.strokes)
    const { probabilities, maps } = this.network.read(picture ?? NOTHING)
    const best = probabilities.indexOf(Math.max(...probabilities))
    this.bars.show(picture === null ? null : probabilities)
    this.best.textContent = picture === null ? '?' : String(best)
    showInk(this.seen, { values: picture ?? NOTHING, size: SIZE })
    this.maps.show(picture === null ? maps.map(emptied) : maps)
    clearTimeout(this.resting)
    this.resting = window.setTimeout(() => this.rest(picture, probabilities), REST)
  }

  /** What is too slow, or too talkative, for every move of the pen. */
  private rest(picture: Float32Array | null, probabilities: readonly number[]): void {
    if (picture === null) {
      showSigned(this.influence, { values: NOTHING, size: SIZE })
      this.status.textContent = 'Nothing is drawn yet.'
      return
    }
    const best = probabilities.indexOf(Math.max(...probabilities))
    showSigned(this.influence, { values: smooth(this.network.influence(picture, best), SIZE), size: SIZE })
    this.status.textContent = answer(probabilities)
  }
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`

/** The most likely digit, and the next one where that is not far behind. */
function answer(probabilities: readonly number[]): string {
  const [best, next] = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a])
  const reading = `Read as ${best} (${percent(probabilities[best])})`
  const doubt = probabilities[next] < 0.05 ? '' : `, or else as ${next} (${percent(probabilities[next])})`
  return `${reading}${doubt}.`
}

/** Maps in which nothing was found: those of an empty sheet show the biases only. */
const emptied = ({ values, ...rest }: Maps): Maps => ({ ...rest, values: new Float32Array(values.length) })

function describe({ digits, epochs, heldOutDigits, heldOutAccuracy, weights }: Training): void {
  const number = (value: number): string => value.toLocaleString('en-US')
  byId('network-accuracy', HTMLElement).textContent = percent(heldOutAccuracy)
  byId('network-weights', HTMLElement).textContent = number(weights)
  byId('network-training', HTMLElement).textContent =
    `Trained in Node for ${epochs} passes over ${number(digits)} handwritten digits of MNIST, each turned, slanted, ` +
    `scaled and shifted at random; ${number(heldOutDigits)} others, as they are, were held out.`
}
