import {
  dense,
  dropout,
  embedding,
  layerNormalization,
  lstm,
  positionEmbedding,
  Sequential,
  transformerDecoderLayer,
} from '../../src/index.ts'

export interface LanguageModelOptions {
  /** Different characters. */
  readonly characters: number
  /** Size of the state, or of a step's features. */
  readonly units: number
  /** Most characters that the Transformer looks back. */
  readonly length: number
  readonly layers: number
  readonly dropout: number
}

/** Each gives, for every position, the probabilities of the next character: [batch, time] → [batch, time, characters]. */
export const languageModels: Readonly<Record<string, (options: LanguageModelOptions) => Sequential>> = {
  lstm: ({ characters, units, layers, dropout: rate }) =>
    new Sequential([
      embedding({ inputDim: characters, outputDim: Math.min(units, 64) }),
      ...Array.from({ length: layers }, () => lstm({ units, returnSequences: true })),
      dropout({ rate }),
      dense({ units: characters, activation: 'softmax' }),
    ]),

  transformer: ({ characters, units, length, layers, dropout: rate }) =>
    new Sequential([
      embedding({ inputDim: characters, outputDim: units }),
      positionEmbedding({ maxLength: length }),
      ...Array.from({ length: layers }, () =>
        transformerDecoderLayer({
          numHeads: 4,
          intermediateDim: 4 * units,
          normFirst: true,
          activation: 'gelu',
          dropout: rate,
        }),
      ),
      layerNormalization(),
      dense({ units: characters, activation: 'softmax' }),
    ]),
}
