import { ValueError } from '../errors.ts'
import { isTensor } from '../ops/operand.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { LearningRate } from './learning-rate.ts'
import { listParameters, type ParameterSource } from './parameters.ts'
import type { Schedule } from './schedules/schedule.ts'

/** Options that belong to the optimizer as a whole: clipping looks at all gradients together. */
type Shared = 'globalClipNorm' | 'clipValue'

/** Parameters with options of their own; what is left out comes from the optimizer's options. */
export type GroupOptions<Options> = Omit<Options, Shared> & { readonly parameters: ParameterSource }

/** What an optimizer is made over: parameters, or groups of them. */
export type Updated<Options> = ParameterSource | Iterable<GroupOptions<Options>>

/** A group as the optimizer keeps it. */
export class ParameterGroup<Settings = unknown> {
  private own: LearningRate | null

  constructor(
    private readonly operation: string,
    readonly parameters: readonly Tensor[],
    /** The options after checks and defaults. */
    readonly settings: Settings,
    rate: number | Schedule | undefined,
    private readonly shared: LearningRate,
    private readonly stepCount: () => number,
  ) {
    this.own = rate === undefined ? null : new LearningRate(operation, rate)
  }

  /** The rate of the next step: the group's own, or else the optimizer's. */
  get learningRate(): number {
    return (this.own ?? this.shared).at(this.stepCount())
  }

  /** @throws ValueError unless it is a schedule, or finite and ≥ 0 */
  set learningRate(rate: number | Schedule) {
    if (this.own === null) this.own = new LearningRate(this.operation, rate)
    else this.own.set(rate)
  }

  /** Whether the group has a rate of its own, instead of following the optimizer's. */
  get hasOwnRate(): boolean {
    return this.own !== null
  }

  /** The group's own schedule, if it has one. */
  get schedule(): Schedule | null {
    return this.own?.schedule ?? null
  }
}

interface ListedGroup<Options> {
  /** undefined where all parameters share the optimizer's options. */
  readonly options: Omit<Options, Shared> | undefined
  readonly parameters: readonly Tensor[]
}

const isGroup = (item: unknown): item is GroupOptions<object> =>
  typeof item === 'object' && item !== null && !isTensor(item) && !Array.isArray(item) && 'parameters' in item

/** Lists the parameters by name, and the groups that they form. */
export function listGroups<Options>(
  operation: string,
  source: Updated<Options>,
): { named: ReadonlyMap<string, Tensor>; groups: readonly ListedGroup<Options>[] } {
  const items: readonly unknown[] = [...source]
  if (!items.some(isGroup)) {
    const named = listParameters(operation, items as Iterable<Tensor>)
    return { named, groups: [{ options: undefined, parameters: [...named.values()] }] }
  }
  const stray = items.findIndex(item => !isGroup(item))
  if (stray >= 0) {
    throw new ValueError({
      operation,
      problem: `takes parameters or groups of them, got both (item ${stray} is no group).`,
      hint: 'wrap it: {parameters: [weight]}.',
      argument: 'parameters',
    })
  }
  const given = items as readonly GroupOptions<Options>[]
  const members = given.map(({ parameters }) => [...(parameters as Iterable<Tensor>)])
  const named = listParameters(operation, members.flat())
  const taken = new Map<Tensor, number>()
  const groups = given.map((options, index) => {
    const parameters = [...listParameters(operation, members[index]).values()]
    for (const parameter of parameters) {
      const other = taken.get(parameter)
      if (other !== undefined) {
        throw new ValueError({
          operation,
          problem: `got the same parameter in the groups ${other} and ${index}.`,
          argument: 'parameters',
        })
      }
      taken.set(parameter, index)
    }
    return { options, parameters }
  })
  return { named, groups }
}
