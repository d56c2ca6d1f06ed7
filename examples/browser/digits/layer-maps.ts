import { byId, make } from '../page/dom.ts'
import type { Maps } from './network.ts'
import { showActivations, strongest } from './picture.ts'

const LAYERS = ['first-maps', 'second-maps']

/** Small pictures of what the filters of each convolution found. */
export class LayerMaps {
  private readonly places = LAYERS.map(id => byId(id, HTMLElement))

  show(layers: readonly Maps[]): void {
    for (const [layer, { values, size, count }] of layers.entries()) {
      const canvases = this.canvases(this.places[layer], count)
      const most = strongest(values)
      for (const [map, canvas] of canvases.entries()) {
        const pixels = values.subarray(map * size * size, (map + 1) * size * size)
        showActivations(canvas, { values: pixels, size }, most)
      }
    }
  }

  private canvases(place: HTMLElement, count: number): readonly HTMLCanvasElement[] {
    if (place.childElementCount !== count)
      place.replaceChildren(...Array.from({ length: count }, () => make('canvas')))
    return [...place.querySelectorAll('canvas')]
  }
}
