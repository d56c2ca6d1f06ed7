import { describe, expect, it } from 'vitest'
import { layerNames } from '../../src/io/layer-names.ts'
import { layerTable } from '../../src/io/layer-table.ts'
import { BUILT_IN } from '../../src/nn/layer.ts'

describe('the names of the layers that can be saved', () => {
  it('are those of the table that load reads', () => {
    expect([...layerNames].sort()).toEqual([...layerTable.keys()].sort())
  })

  it.each([...layerTable])('%s is a built-in layer of that name', (name, { layer }) => {
    expect(Object.hasOwn(layer, BUILT_IN)).toBe(true)
    expect(Object.getOwnPropertyDescriptor(layer, 'className')?.value).toBe(name)
  })
})
