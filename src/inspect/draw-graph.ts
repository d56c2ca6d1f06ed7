import { ValueError } from '../errors.ts'
import { refuseUnknown } from '../nn/options.ts'
import type { Model, ModelResult } from '../train/model.ts'
import { type GraphNode, graphOf, type ModelGraph } from './model-graph.ts'

export interface GraphOptions {
  /** `mermaid` for Markdown files, `svg` for a picture. Default `mermaid`. */
  readonly format?: 'mermaid' | 'svg'
}

/**
 * A drawing of a model's layers and of how they are connected.
 *
 * @example console.log(inspect.graph(sequential(dense({ units: 8, inputSize: 4 }), dense({ units: 1 }))))
 */
export function graph(model: Model<ModelResult>, options: GraphOptions = {}): string {
  refuseUnknown('inspect.graph', options, ['format'])
  const { format = 'mermaid' } = options
  if (format === 'mermaid') return mermaid(graphOf(model))
  if (format === 'svg') return svg(graphOf(model), model.name)
  throw new ValueError({
    operation: 'inspect.graph',
    problem: `knows the formats mermaid and svg, got ${String(format)}.`,
    argument: 'format',
    received: format,
  })
}

const titleOf = ({ kind, name, type }: GraphNode): string => (kind === 'layer' ? `${name} (${type})` : name)

const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function mermaid({ nodes, edges }: ModelGraph): string {
  const lines = nodes.map(node => {
    const text = [titleOf(node), node.shape]
      .filter(part => part !== '')
      .map(escapeMarkup)
      .join('<br>')
    return node.kind === 'layer' ? `  n${node.id}["${text}"]` : `  n${node.id}(["${text}"])`
  })
  return ['flowchart TD', ...lines, ...edges.map(({ from, to }) => `  n${from} --> n${to}`)].join('\n')
}

const BOX_HEIGHT = 44
const ROW = 76
const GAP = 24
const CHARACTER = 7.2

/** Each node one row below the lowest of those it reads; nodes of a row side by side. */
function rowsOf({ nodes, edges }: ModelGraph): GraphNode[][] {
  const rowOf = nodes.map(() => 0)
  // Nodes stand in an order in which they can run, so one pass is enough.
  for (const { id } of nodes) {
    for (const { from, to } of edges) if (to === id) rowOf[id] = Math.max(rowOf[id], rowOf[from] + 1)
  }
  const rows: GraphNode[][] = []
  for (const node of nodes) {
    rows[rowOf[node.id]] ??= []
    rows[rowOf[node.id]].push(node)
  }
  return rows
}

interface Box {
  readonly node: GraphNode
  readonly x: number
  readonly y: number
  readonly width: number
}

function svg(model: ModelGraph, name: string): string {
  const rows = rowsOf(model)
  const widthOf = (node: GraphNode): number =>
    Math.ceil(CHARACTER * Math.max(titleOf(node).length, node.shape.length, 6)) + 24
  const rowWidth = (row: readonly GraphNode[]): number =>
    row.reduce((sum, node) => sum + widthOf(node) + GAP, -GAP)
  const width = Math.max(...rows.map(rowWidth)) + 2 * GAP
  const height = rows.length * ROW - ROW + BOX_HEIGHT + 2 * GAP
  const boxes: Box[] = []
  for (const [level, row] of rows.entries()) {
    let x = (width - rowWidth(row)) / 2
    for (const node of row) {
      boxes[node.id] = { node, x, y: GAP + level * ROW, width: widthOf(node) }
      x += widthOf(node) + GAP
    }
  }
  const arrows = model.edges.map(({ from, to }) => arrow(boxes[from], boxes[to]))
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ` +
    `font-family="system-ui, sans-serif" font-size="12"><title>Graph of ${escapeMarkup(name)}</title>` +
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
    `<path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>${arrows.join('')}${boxes.map(drawBox).join('')}</svg>`
  )
}

function arrow(from: Box, to: Box): string {
  const [x1, y1] = [from.x + from.width / 2, from.y + BOX_HEIGHT]
  const [x2, y2] = [to.x + to.width / 2, to.y - 2]
  const bend = (y2 - y1) / 2
  return `<path d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}" fill="none" stroke="#667" marker-end="url(#tip)"/>`
}

function drawBox({ node, x, y, width }: Box): string {
  const middle = x + width / 2
  const [fill, radius] = node.kind === 'layer' ? ['#eef3fb', 6] : ['#f4f1e8', BOX_HEIGHT / 2]
  const lines = [titleOf(node), node.shape].filter(text => text !== '')
  const texts = lines.map((text, i) => {
    const line = y + BOX_HEIGHT / 2 + 4 + (i - (lines.length - 1) / 2) * 15
    return `<text x="${middle}" y="${line}" text-anchor="middle" fill="${i === 0 ? '#123' : '#556'}">${escapeMarkup(text)}</text>`
  })
  return `<rect x="${x}" y="${y}" width="${width}" height="${BOX_HEIGHT}" rx="${radius}" fill="${fill}" stroke="#99a"/>${texts.join('')}`
}
