/** What a sequence is made of. */
export type Level = 'words' | 'characters'

const LETTERS = /\p{L}/gu
const CJK_LETTERS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu
const SAMPLE = 1000

const count = (texts: readonly string[], pattern: RegExp): number =>
  texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0)

/**
 * Characters where most letters are Chinese, Japanese or Korean, words everywhere else.
 *
 * @example guessLevel(['今天天气很好。'])   // 'characters'
 */
export function guessLevel(texts: readonly string[]): Level {
  const sample = texts.slice(0, SAMPLE)
  return count(sample, CJK_LETTERS) * 2 > count(sample, LETTERS) ? 'characters' : 'words'
}
