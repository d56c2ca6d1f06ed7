export { activations } from './activations.ts'
export { gradients } from './gradients.ts'
export { graph } from './draw-graph.ts'
