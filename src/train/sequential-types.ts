import type { Module } from '../nn/module.ts'
import type { Sequential } from './sequential.ts'

/** Size of a layer's last axis; `'same'` stands for that of its input. */
type Size = number | 'same'

/** The size after a layer that gives G. */
type After<Before extends number, G extends Size> = G extends number ? G : Before

/** A layer as its neighbours see it. A Module without `lastAxis` accepts everything and gives an unknown size. */
interface Stage<Accepts extends number, Gives extends Size> extends Module {
  lastAxis?(inputSize: Accepts): Gives
}

/**
 * The factory's type: layer by layer, what it gives (G) is inferred, the size after it (S) follows, and the next one
 * must accept that. One signature instead of an overload for each length: the compiler then explains the layer that
 * does not fit. After sixteen layers sizes are no longer followed.
 */
export interface SequentialFactory {
  <
    G1 extends Size = number,
    S1 extends number = After<number, G1>,
    G2 extends Size = number,
    S2 extends number = After<S1, G2>,
    G3 extends Size = number,
    S3 extends number = After<S2, G3>,
    G4 extends Size = number,
    S4 extends number = After<S3, G4>,
    G5 extends Size = number,
    S5 extends number = After<S4, G5>,
    G6 extends Size = number,
    S6 extends number = After<S5, G6>,
    G7 extends Size = number,
    S7 extends number = After<S6, G7>,
    G8 extends Size = number,
    S8 extends number = After<S7, G8>,
    G9 extends Size = number,
    S9 extends number = After<S8, G9>,
    G10 extends Size = number,
    S10 extends number = After<S9, G10>,
    G11 extends Size = number,
    S11 extends number = After<S10, G11>,
    G12 extends Size = number,
    S12 extends number = After<S11, G12>,
    G13 extends Size = number,
    S13 extends number = After<S12, G13>,
    G14 extends Size = number,
    S14 extends number = After<S13, G14>,
    G15 extends Size = number,
    S15 extends number = After<S14, G15>,
    G16 extends Size = number,
  >(
    layer1?: Stage<number, G1>,
    layer2?: Stage<NoInfer<S1>, G2>,
    layer3?: Stage<NoInfer<S2>, G3>,
    layer4?: Stage<NoInfer<S3>, G4>,
    layer5?: Stage<NoInfer<S4>, G5>,
    layer6?: Stage<NoInfer<S5>, G6>,
    layer7?: Stage<NoInfer<S6>, G7>,
    layer8?: Stage<NoInfer<S7>, G8>,
    layer9?: Stage<NoInfer<S8>, G9>,
    layer10?: Stage<NoInfer<S9>, G10>,
    layer11?: Stage<NoInfer<S10>, G11>,
    layer12?: Stage<NoInfer<S11>, G12>,
    layer13?: Stage<NoInfer<S12>, G13>,
    layer14?: Stage<NoInfer<S13>, G14>,
    layer15?: Stage<NoInfer<S14>, G15>,
    layer16?: Stage<NoInfer<S15>, G16>,
    ...layers: Module[]
  ): Sequential
  /** `sequential(...layers)`: layers of an array, whose order no type knows. */
  (layers?: Module): Sequential
}
