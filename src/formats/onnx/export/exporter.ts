import type { Module } from '../../../nn/module.ts'
import type { Edge } from './builder.ts'
import type { Scope } from './scope.ts'

/** What a layer is handed next to its inputs, by name: `initialState.h`, `key`. */
export type EdgeContext = ReadonlyMap<string, Edge>

/** How one layer is called. */
export interface Application {
  readonly inputs: readonly Edge[]
  readonly context: EdgeContext
  readonly scope: Scope
  /** Writes a layer inside the layer: part of a block, or what a wrapper wraps. */
  readonly write: (
    layer: Module<unknown>,
    inputs: readonly Edge[],
    scope: Scope,
    context?: EdgeContext,
  ) => readonly Edge[]
}

/** Writes a layer's nodes; gives its outputs. */
export type Exporter<L> = (layer: L, application: Application) => Edge | readonly Edge[]

type LayerType<L> = abstract new (...options: never[]) => L

/** Exporters by class; a subclass may compute something else, and is not covered. */
export class Exporters {
  private readonly byClass = new Map<
    unknown,
    (layer: Module<unknown>, application: Application) => Edge | readonly Edge[]
  >()

  add<L extends Module<unknown>>(type: LayerType<L>, exporter: Exporter<L>): this {
    this.byClass.set(type, (layer, application) => exporter(layer as L, application))
    return this
  }

  has(type: unknown): boolean {
    return this.byClass.has(type)
  }

  find(layer: Module<unknown>) {
    return this.byClass.get(layer.constructor) ?? null
  }
}
