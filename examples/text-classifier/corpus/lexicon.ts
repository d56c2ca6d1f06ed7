/** Words of one kind that can stand in each other's place: praise on one side, blame on the other. */
export interface Opposites {
  readonly praise: readonly string[]
  readonly blame: readonly string[]
}

const list = (words: string): readonly string[] => words.trim().split(/\s+/)

/** What a review judges with. Nouns follow "a", qualities follow "full of", verbs stand in the past. */
export const opposites = {
  adjective: {
    praise:
      list(`gripping charming clever moving funny superb brilliant delightful graceful warm witty thrilling
      elegant fresh touching vivid wonderful splendid original honest lively tender dazzling memorable`),
    blame: list(`dull boring clumsy tedious flat dreadful lifeless silly cold stale sloppy shallow
      predictable awful bland weak confused hollow pompous noisy dreary messy tiresome forgettable`),
  },
  adverb: {
    praise: list(`brilliantly beautifully superbly splendidly wonderfully cleverly gracefully strongly
      magnificently vividly charmingly delightfully`),
    blame:
      list(`badly poorly clumsily dreadfully weakly terribly tediously sloppily awkwardly miserably limply
      feebly`),
  },
  noun: {
    praise: list('masterpiece triumph treasure delight gem joy classic marvel treat wonder jewel feast'),
    blame: list('mess disaster bore failure dud letdown flop muddle chore shambles blunder nuisance'),
  },
  quality: {
    praise: list('charm wit tension warmth humour grace beauty imagination suspense heart energy wisdom'),
    blame: list(
      'padding noise boredom bombast nonsense confusion repetition vanity waffle kitsch clutter drudgery',
    ),
  },
  verb: {
    praise: list('loved adored enjoyed admired treasured cherished praised recommended'),
    blame: list('hated loathed disliked despised resented regretted dismissed detested'),
  },
} as const satisfies Record<string, Opposites>

export type Kind = keyof typeof opposites

/** What a review speaks of; says nothing about the verdict. */
export const topics = {
  work: list('film novel play show musical comedy drama thriller documentary story opera series'),
  part: list(
    'acting plot dialogue music script casting pacing editing lighting writing direction photography',
  ),
  others: [
    'the critics',
    'my friends',
    'my neighbours',
    'my colleagues',
    'most people',
    'the newspapers',
    'my parents',
    'the students',
  ],
} as const
