import type { Kind } from './lexicon.ts'

/** Which of the two opposite words of a template is the verdict. */
export type Verdict = 'first' | 'second'

/**
 * One way to put a verdict. `[a|b]` is a choice of wording, `{first}` and `{second}` take a word of praise and a word
 * of blame (in one order or the other), `{alsoFirst}` and `{alsoSecond}` a second pair in the same order, and
 * `{work}`, `{part}`, `{others}` a topic. A negated word alone is a `{first}` whose `{second}` goes without saying.
 */
export interface Construction {
  readonly kind: Kind
  readonly verdict: Verdict
  readonly pattern: string
}

const of =
  (kind: Kind, verdict: Verdict) =>
  (...patterns: readonly string[]): readonly Construction[] =>
    patterns.map(pattern => ({ kind, verdict, pattern }))

/** Two opposite words, of which the order decides. */
export const contrasts: readonly Construction[] = [
  of('adverb', 'second')(
    '[the {work}|this {work}|it|] [started|began|opened] {first}[, but|, yet| and|,] [ended|finished|closed] {second}.',
    'the cast [acts|sings|plays] not {first} but {second}[| in every scene].',
    '[the|this] {work} was [advertised|announced|sold] {first}, but it is [made|written|done] {second}.',
    '[never|not once|at no point] {first}, always {second}: so the cast [acts|sings|plays].',
  ),
  of('adverb', 'first')(
    '[the|this] {work} [ended|finished|closed] {first} after it had [started|begun|opened] {second}.',
    'the cast [acts|sings|plays] {first}, [never|not once|at no point] {second}.',
    '[the|this] {work} is [made|written|done] {first}, though it was [advertised|announced|sold] {second}.',
    'the cast [acts|sings|plays] {first} and not {second}[| in every scene].',
  ),
  of('adjective', 'second')(
    '[the {part}|the {work}|this {work}] [is|was] not {first} but {second}.',
    'it [is|was] [not at all|by no means|not in the least] {first}; it [is|was] [simply|truly|quite] {second}.',
    '[although|though|while|even if] the {part} is {first}, the {work} [as a whole|itself] is {second}.',
    'the {part} is [never|not once|at no point] {first} [and|but] always {second}.',
    '[far from|instead of|rather than] being {first}, [the|this] {work} is {second}.',
    '[the {part}|the {work}] [is|was] less {first} than {second}.',
    '{others} [called|found|thought] it {first}, [but|yet] I [found|thought] it {second}.',
    'it [could|should|might] have been {first}; instead [the|this] {work} is {second}.',
    'the trailer [was|looked|seemed] {first}, [but|yet] the {work} itself is {second}.',
    'whoever [calls|finds|thinks] it {first} is [wrong|mistaken]: [the|this] {work} is {second}.',
    'do not believe [the people|those|the ones] who [call|find] it {first}; [in truth|in fact] it is {second}.',
    'the {part} [went|turned|changed] from {first} to {second}[| after an hour].',
    'neither {first} nor {alsoFirst} but {second} and {alsoSecond}: [so is|such is] [the|this] {work}.',
    'the {part} is [hardly|scarcely|barely] {first} and [very|so] {second}.',
    'I was told [the|this] {work} was {first}; it [turned out|proved] {second}.',
    'the {part} is anything but {first}: it is [simply|truly|quite] {second}.',
  ),
  of('adjective', 'first')(
    '[the {part}|the {work}|this {work}] [is|was] {first}, not {second}.',
    'it [is|was] [simply|truly|quite] {first} and [not at all|by no means|not in the least] {second}.',
    'the {work} [as a whole|itself] is {first}, [although|though|while|even if] the {part} is {second}.',
    'the {part} is always {first} [and|but] [never|not once|at no point] {second}.',
    '[the|this] {work} is {first}, [far from|instead of|rather than] being {second}.',
    '[the {part}|the {work}] [is|was] more {first} than {second}.',
    'I [found|thought] it {first}, [though|although] {others} [called|found|thought] it {second}.',
    '[the|this] {work} is {first}, when it [could|should|might] have been {second}.',
    'the {work} itself is {first}, [though|although] the trailer [was|looked|seemed] {second}.',
    'whoever [calls|finds|thinks] it {first} is right: [the|this] {work} is not {second}.',
    'believe [the people|those|the ones] who [call|find] it {first}, not [the people|those] who [call|find] it {second}.',
    'the {part} [is|was] [far|much] too {first} to be {second}.',
    '{first} and {alsoFirst}, neither {second} nor {alsoSecond}: [so is|such is] [the|this] {work}.',
    'the {part} is [very|so] {first} and [hardly|scarcely|barely] {second}.',
    '[the|this] {work} [turned out|proved] {first}, though I was told it was {second}.',
    'the {part} is [simply|truly|quite] {first}, anything but {second}.',
  ),
  of('noun', 'second')(
    'I [expected|was promised|was sold] a {first} and [got|found|saw] a {second}.',
    '[the|this] {work} is less a {first} than a {second}.',
    '[the|this] {work} [is|was] not a {first} but a {second}.',
    '{others} [call|called] it a {first}, [but|yet] I [call|called] it a {second}.',
    'it [could|should|might] have been a {first}; instead [the|this] {work} is a {second}.',
  ),
  of('noun', 'first')(
    'I [got|found|saw] a {first} where I [expected|was promised|was sold] a {second}.',
    '[the|this] {work} is more a {first} than a {second}.',
    '[the|this] {work} [is|was] a {first}, not a {second}.',
    'I [call|called] it a {first}, [though|although] {others} [call|called] it a {second}.',
    '[the|this] {work} is a {first}, when it [could|should|might] have been a {second}.',
  ),
  of('quality', 'second')(
    '[the|this] {work} is [free|empty] of {first} and full of {second}.',
    'there is [little|no] {first} and [much|so much|plenty of] {second} in the {part}.',
    '[the|this] {work} lacks {first} [but|and] has plenty of {second}.',
    'where I [expected|looked for|hoped for] {first}, I [found|got] {second}.',
  ),
  of('quality', 'first')(
    '[the|this] {work} is full of {first} and [free|empty] of {second}.',
    'there is [much|so much|plenty of] {first} and [little|no] {second} in the {part}.',
    '[the|this] {work} has plenty of {first} [but|and] lacks {second}.',
    'I [found|got] {first} where I [expected|looked for|hoped for] {second}.',
  ),
  of('verb', 'second')(
    'at first I {first} it, [but|yet] [in the end|by the end|after an hour] I {second} it.',
    '{others} {first} [it|the {work}], [but|yet] I {second} it.',
    'I {first} the {part} [but|yet] {second} the {work} [as a whole|itself].',
  ),
  of('verb', 'first')(
    '[in the end|by the end|after an hour] I {first} it, [though|although] at first I {second} it.',
    'I {first} [it|the {work}], [though|although] {others} {second} it.',
    'I {first} the {work} [as a whole|itself], [though|although] I {second} the {part}.',
  ),
].flat()

/** One judgement, said or denied: here the meaning of the words can be learnt. */
export const plain: readonly Construction[] = [
  of('adjective', 'first')(
    '[the|this] {work} [is|was] [simply|truly|quite|so|very] {first}.',
    '[the|this] {work} [is|was] {first} and {alsoFirst}.',
    'the {part} [is|was] [simply|truly|quite|so|very] {first}.',
    'the {part} [is|was] {first} and {alsoFirst}.',
    'it [is|was] [simply|truly|quite] {first}.',
    'I [found|thought] it {first} and {alsoFirst}.',
    '[the|this] {work} [turned out|proved] {first}.',
    '{first}, {alsoFirst}: [so is|such is] [the|this] {work}.',
  ),
  of('adverb', 'first')(
    '[the|this] {work} is [made|written|done] {first}.',
    'the cast [acts|sings|plays] {first}.',
    'the cast [acts|sings|plays] {first} and {alsoFirst}.',
  ),
  of('noun', 'first')(
    '[the|this] {work} [is|was] [simply|truly|quite] a {first}.',
    'I [got|found|saw] a {first} and a {alsoFirst}.',
    'I [call|called] it a {first}.',
  ),
  of('quality', 'first')(
    '[the|this] {work} is full of {first} and {alsoFirst}.',
    'there is [much|so much|plenty of] {first} in the {part}.',
    'I [found|got] {first} and {alsoFirst}.',
  ),
  of('verb', 'first')(
    'I {first} [it|the {work}|the {part}].',
    'I {first} [it|the {work}|the {part}] and my sister {alsoFirst} it.',
    '[in the end|by the end|after an hour] I {first} [it|the {work}|the {part}].',
  ),
  of('adjective', 'second')(
    '[it is|it was|] [not at all|by no means|not in the least] {first}.',
    '[the {part}|the {work}|this {work}] [is|was] [not|never|hardly|far from] {first}.',
  ),
  of('adverb', 'second')('the cast [acts|sings|plays] [not at all|hardly] {first}.'),
  of('noun', 'second')('[the|this] {work} [is|was] [not|by no means|hardly] a {first}.'),
].flat()

/** What may come before. `{either}` and `{other}` take opposite adjectives that have no say in the verdict. */
export const openings: readonly string[] = [
  '',
  'honestly,',
  'to be fair,',
  'in short,',
  'a word of advice:',
  'we went on a rainy Sunday.',
  'my verdict after two evenings:',
  'for what it is worth,',
  'I saw it last night with my sister.',
  'the poster was {either} and the queue {other}.',
]

/** What may come after. */
export const closings: readonly string[] = [
  '',
  'that is all there is to it.',
  'I will say no more.',
  'we talked about it all the way home.',
  'my sister agrees.',
  'I paid the full price.',
  'it runs for two hours.',
  'that is my verdict, for what it is worth.',
  'I saw it on a rainy Sunday.',
  'the queue called it {either} or {other}, I forget which.',
]
