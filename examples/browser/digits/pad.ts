import { byId, oncePerFrame } from '../page/dom.ts'
import { onThemeChange, themeColour } from '../page/theme.ts'
import type { Point, Stroke } from './stroke.ts'

/** The pen's width, and how far its ink spreads, as parts of the pad's side. */
const PEN = 0.062
const SPREAD = 0.012

/** A square to draw on with a mouse, a pen or a finger. */
export class Pad {
  private readonly canvas = byId('pad', HTMLCanvasElement)
  private readonly prompt = byId('pad-prompt', HTMLElement)
  private readonly undoButton = byId('pad-undo', HTMLButtonElement)
  private readonly clearButton = byId('pad-clear', HTMLButtonElement)
  private strokes: Stroke[] = []
  /** The stroke being drawn, and the pointer that draws it. */
  private current: { readonly pointer: number; readonly points: Point[] } | null = null
  private readonly redraw = oncePerFrame(() => this.draw())

  /** @param changed is told of all strokes whenever one of them has grown, come or gone */
  constructor(private readonly changed: (strokes: readonly Stroke[]) => void) {
    const { canvas } = this
    canvas.addEventListener('pointerdown', event => this.begin(event))
    canvas.addEventListener('pointermove', event => this.go(event))
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, event => {
        if (event.pointerId === this.current?.pointer) this.current = null
      })
    }
    this.undoButton.addEventListener('click', () => this.show(this.strokes.slice(0, -1)))
    this.clearButton.addEventListener('click', () => this.show([]))
    onThemeChange(this.redraw)
    new ResizeObserver(this.redraw).observe(canvas)
  }

  /** Shows these strokes in the place of what was drawn. */
  show(strokes: readonly Stroke[]): void {
    this.current = null
    this.strokes = [...strokes]
    this.update()
  }

  private begin(event: PointerEvent): void {
    if (this.current !== null || event.button !== 0) return
    event.preventDefault()
    this.canvas.setPointerCapture(event.pointerId)
    const points = [this.placeOf(event)]
    this.current = { pointer: event.pointerId, points }
    this.strokes.push(points)
    this.update()
  }

  private go(event: PointerEvent): void {
    if (event.pointerId !== this.current?.pointer) return
    // A fast hand moves several times within a frame.
    const moves = event.getCoalescedEvents()
    this.current.points.push(...(moves.length === 0 ? [event] : moves).map(move => this.placeOf(move)))
    this.update()
  }

  private placeOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect()
    return { x: (clientX - left) / width, y: (clientY - top) / height }
  }

  private update(): void {
    const isEmpty = this.strokes.length === 0
    this.prompt.hidden = !isEmpty
    this.undoButton.disabled = isEmpty
    this.clearButton.disabled = isEmpty
    this.redraw()
    this.changed(this.strokes)
  }

  private draw(): void {
    const { canvas } = this
    const side = Math.round(canvas.clientWidth * devicePixelRatio)
    if (canvas.width !== side) canvas.width = side
    if (canvas.height !== side) canvas.height = side
    const context = canvas.getContext('2d')
    if (context === null) return
    context.clearRect(0, 0, side, side)
    context.lineWidth = PEN * side
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.strokeStyle = themeColour('--text')
    context.shadowColor = context.strokeStyle
    context.shadowBlur = SPREAD * side
    for (const stroke of this.strokes) {
      context.beginPath()
      trace(context, stroke, side)
      context.stroke()
    }
  }
}

/** A smooth way: curves between the middles of neighbouring points, each bent towards the point between them. */
function trace(context: CanvasRenderingContext2D, stroke: Stroke, side: number): void {
  const [first] = stroke
  const last = stroke[stroke.length - 1]
  context.moveTo(first.x * side, first.y * side)
  for (const [i, { x, y }] of stroke.slice(0, -1).entries()) {
    const next = stroke[i + 1]
    context.quadraticCurveTo(x * side, y * side, ((x + next.x) / 2) * side, ((y + next.y) / 2) * side)
  }
  context.lineTo(last.x * side, last.y * side)
}
