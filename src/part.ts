import { ValueError } from './errors.ts'

/**
 * A part of the library that the core uses where it was added. `tensorloom` adds all of them (src/complete.ts);
 * `tensorloom/mini` leaves them out, so that a bundle need not hold them.
 */
export class Part<T> {
  private readonly name: string
  private part: T | null = null

  /** @param name what a program asks for that needs it: `fit with checkpoints` */
  constructor(name: string) {
    this.name = name
  }

  add(part: T): void {
    this.part = part
  }

  /** null where it was left out. */
  get added(): T | null {
    return this.part
  }

  /** @throws ValueError where it was left out */
  get required(): T {
    return this.part ?? this.refuse()
  }

  /** @throws ValueError that says that it was left out */
  refuse(): never {
    throw new ValueError({
      operation: this.name,
      problem: "is left out of 'tensorloom/mini'.",
      hint: "import from 'tensorloom'.",
    })
  }
}
