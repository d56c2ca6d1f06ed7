import { Concatenate } from '../../../nn/concatenate.ts'
import { Dot } from '../../../nn/dot.ts'
import { Add, Average, Maximum, Minimum, Multiply } from '../../../nn/merge.ts'
import { axis, type Codec, flag } from '../fields.ts'
import { type LayerFormat, plain } from './format.ts'

const axes: Codec = {
  read: (value, at) => (Array.isArray(value) ? value.map(each => axis.read(each, at)) : axis.read(value, at)),
  write: value => value as number,
}

/** Layers that make one tensor of several. */
export const mergeLayers: Readonly<Record<string, LayerFormat>> = {
  Add: plain(Add, {}),
  Average: plain(Average, {}),
  Concatenate: plain(Concatenate, { axis: { codec: axis, absent: -1 } }),
  Dot: plain(Dot, { axes: { codec: axes, absent: -1 }, normalize: { codec: flag, absent: false } }),
  Maximum: plain(Maximum, {}),
  Minimum: plain(Minimum, {}),
  Multiply: plain(Multiply, {}),
}
