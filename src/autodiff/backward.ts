import { currentEngine } from '../engine/device.ts'
import { withVisibility } from '../engine/lifetime.ts'
import { DTypeError, GradientError, ShapeError } from '../errors.ts'
import { formatShape, sameShape } from '../tensor/shape.ts'
import { isMappedTensor } from '../tensor/mapped.ts'
import { Tensor } from '../tensor/tensor.ts'
import { calculus } from './calculus.ts'
import { withoutGradient } from './graph-errors.ts'
import { gradMode } from './mode.ts'
import { addInPlace, type BackwardOptions, BackwardPass } from './pass.ts'

export type { BackwardOptions }

function checkRoot(operation: string, root: Tensor, seed: Tensor | undefined): void {
  const given: unknown = root
  if (!(given instanceof Tensor)) {
    throw new DTypeError({
      operation,
      problem: `starts from a tensor, got ${given === null ? 'null' : typeof given}.`,
    })
  }
  const reason = root.node?.rule.noGradient
  if (typeof reason === 'string') throw withoutGradient(root.node?.rule.name ?? '', reason)
  if (root.dtype !== 'float32') {
    throw new DTypeError({
      operation,
      problem: `starts from a float32 tensor, got ${root.dtype} ${formatShape(root.shape)}.`,
      dtypes: [root.dtype],
    })
  }
  if (!root.requiresGrad) {
    throw new GradientError({
      operation,
      problem: `starts from a tensor ${formatShape(root.shape)} that depends on nothing with requiresGrad.`,
      hint: 'create an input with {requiresGrad: true}, and compute outside noGrad().',
    })
  }
  if (seed === undefined && root.size !== 1) {
    throw new ShapeError({
      operation,
      problem: `starts from a single number, got the shape ${formatShape(root.shape)}.`,
      hint: 'reduce it to a scalar (mean, sum), or pass the gradient of each element.',
      shapes: [root.shape],
    })
  }
  if (seed !== undefined && !(seed instanceof Tensor && seed.dtype === 'float32')) {
    throw new DTypeError({
      operation,
      problem: `takes the gradient of its result as a float32 tensor, got ${seed instanceof Tensor ? seed.dtype : typeof seed}.`,
      hint: 'options come second: backward(undefined, {retainGraph: true}).',
    })
  }
  if (seed !== undefined && !sameShape(seed.shape, root.shape)) {
    throw new ShapeError({
      operation,
      problem: `got a gradient ${formatShape(seed.shape)} for a tensor ${formatShape(root.shape)}.`,
      hint: 'pass a gradient of the shape of the tensor.',
      shapes: [seed.shape, root.shape],
    })
  }
}

function one(root: Tensor): Tensor {
  const engine = currentEngine()
  const storage = engine.create('float32', root.size)
  engine.kernels.float.fill(engine.pointer(storage), root.size, 1)
  return new Tensor(storage, root.shape)
}

/** Runs one backward pass; the returned gradients are keyed by leaf or wanted tensor. */
export function computeGradients(
  operation: string,
  roots: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  wanted: ReadonlySet<Tensor> | null,
  options: BackwardOptions & { readonly stopAtWanted?: boolean },
): Map<Tensor, Tensor> {
  for (const [i, root] of roots.entries()) checkRoot(operation, root, seeds[i])
  const pass = new BackwardPass(options, wanted, options.stopAtWanted ?? false)
  const outerEnabled = gradMode.enabled
  gradMode.enabled = options.createGraph ?? false
  try {
    withVisibility(gradMode.enabled ? 'internal' : 'backward', [], () =>
      pass.run(
        roots,
        roots.map((root, i) => seeds[i] ?? one(root)),
      ),
    )
  } finally {
    gradMode.enabled = outerEnabled
  }
  for (const { storage } of pass.results.values()) {
    storage.holds--
    // Part of a graph now, and perhaps the same for two leaves: never written to.
    if (options.createGraph) storage.visible = true
  }
  return pass.results
}

const insideVmap = (): GradientError =>
  new GradientError({
    operation: 'backward',
    problem: 'cannot accumulate into `grad` inside vmap: each example has a gradient of its own.',
    hint: 'return the gradients instead: vmap(grad(f)).',
  })

/**
 * Adds dL/d(leaf) to the `grad` of every leaf with `requiresGrad` that `root` depends on.
 *
 * @param seed dL/d(root), needed unless root has one element
 * @throws GradientError when nothing requires a gradient, when the graph was used up, or when a saved value changed
 * @example backward(x.square().sum())   // x.grad is 2·x; the same as x.square().sum().backward()
 */
export function backward(root: Tensor, seed?: Tensor, options: BackwardOptions = {}): void {
  if (root instanceof Tensor && isMappedTensor(root)) throw insideVmap()
  const gradients = computeGradients('backward', [root], [seed], null, options)
  const recording = options.createGraph ?? false
  for (const [leaf, gradient] of gradients) {
    const { storage } = gradient
    if (leaf.gradient === null) {
      // A gradient that is someone else's tensor (the seed, say) is copied: leaves own theirs.
      const own = recording || (storage.temporary && storage.holds === 0)
      leaf.gradient = own ? gradient : withVisibility('backward', null, () => calculus.copy(gradient))
      leaf.gradient.storage.temporary = false
    } else if (recording || leaf.gradient.storage.visible) {
      leaf.gradient = calculus.add(leaf.gradient, gradient)
    } else addInPlace(leaf.gradient, gradient)
  }
  // Only now: two leaves may have received the same one.
  for (const { storage } of gradients.values()) {
    if (storage.temporary && storage.holds === 0 && !storage.visible) storage.engine?.release(storage)
  }
}
