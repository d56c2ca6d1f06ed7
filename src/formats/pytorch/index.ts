import '../../complete.ts'

export { fromPyTorch, type PyTorchNames, toPyTorch } from './convert.ts'
export { loadPyTorch, serializePyTorch } from './files.ts'
