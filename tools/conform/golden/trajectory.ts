import { elementCount, type Values } from '../decode.ts'

/** Collects one tensor per step and stacks them on a new first axis. */
export class Trajectory {
  private readonly steps = new Map<string, Values[]>()

  record(name: string, values: Values): void {
    const sofar = this.steps.get(name)
    if (sofar === undefined) this.steps.set(name, [values])
    else sofar.push(values)
  }

  stacked(): Map<string, Values> {
    return new Map([...this.steps].map(([name, values]) => [name, stack(values)]))
  }
}

function stack(steps: readonly Values[]): Values {
  const { shape } = steps[0]
  const data = Float64Array.from(steps.flatMap(step => Array.from(step.data)))
  return { dtype: 'f64', shape: [steps.length, ...shape], data }
}

/** Step `index` of a stacked tensor. */
export function stepOf({ dtype, shape, data }: Values, index: number): Values {
  const [, ...inner] = shape
  const size = elementCount(inner)
  return { dtype, shape: inner, data: data.slice(index * size, (index + 1) * size) }
}
