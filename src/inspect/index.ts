export { activations } from './activations.ts'
export { gradients } from './gradients.ts'
