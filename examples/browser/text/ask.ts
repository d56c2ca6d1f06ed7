import type { Classifier } from '../../text-classifier/classifier.ts'
import { byId, make } from '../page/dom.ts'
import { type Answer, explain, type Word } from './influence.ts'

/** Strongest background, in percent: text keeps its contrast on it. */
const STRONGEST = 38

/** The sentence, the probabilities of the classes, and the words in the colours of their influence. */
export class AskPanel {
  private readonly sentence = byId('sentence', HTMLInputElement)
  private readonly answer = byId('answer', HTMLElement)
  private readonly suggestions = byId('suggestions', HTMLElement)
  private offered: readonly string[] = []
  private classifier: Classifier | null = null

  constructor() {
    this.sentence.addEventListener('input', () => this.refresh())
  }

  /** Offers sentences to ask about; the first takes the place of one that was offered before. */
  suggest(texts: readonly string[]): void {
    const { value } = this.sentence
    if (value === '' || this.offered.includes(value)) this.sentence.value = texts[0]
    this.offered = texts
    const legend = this.suggestions.querySelector('legend')
    const buttons = texts.map(text => {
      const button = make('button', { text, attributes: { type: 'button' } })
      button.addEventListener('click', () => {
        this.sentence.value = text
        this.refresh()
      })
      return button
    })
    this.suggestions.replaceChildren(...(legend === null ? [] : [legend]), ...buttons)
  }

  /** Asks this classifier from now on. */
  ask(classifier: Classifier): void {
    this.classifier = classifier
    this.refresh()
  }

  refresh(): void {
    const sentence = this.sentence.value.trim()
    const { classifier } = this
    if (classifier === null) return
    if (sentence === '') {
      this.answer.replaceChildren(make('p', { class: 'hint', text: 'Type a sentence.' }))
      return
    }
    const answer = explain(classifier, sentence)
    this.answer.replaceChildren(
      verdicts(classifier, answer),
      words(answer),
      make('p', { class: 'hint', text: legendOf(classifier, answer) }),
    )
  }
}

function verdicts({ labels }: Classifier, { probabilities }: Answer): HTMLElement {
  const best = probabilities.indexOf(Math.max(...probabilities))
  const rows = labels.map((label, index) => {
    const percent = 100 * probabilities[index]
    return make(
      'div',
      { class: `verdict class-${index}${index === best ? ' best' : ''}` },
      make('span', { text: label }),
      make('div', { class: 'meter' }, make('div', { class: 'meter-fill', style: { width: `${percent}%` } })),
      make('span', { class: 'number', text: `${percent.toFixed(1)} %` }),
    )
  })
  return make('div', { class: 'verdicts' }, ...rows)
}

function words({ words }: Answer): HTMLElement {
  const most = Math.max(...words.map(({ influence }) => Math.abs(influence)), 1e-6)
  return make(
    'ul',
    { class: 'words', attributes: { 'aria-label': 'Words and their influence' } },
    ...words.map(word => item(word, word.influence / most)),
  )
}

function item({ text, isKnown, influence }: Word, part: number): HTMLElement {
  const strength = Math.abs(part)
  const classes = [part < 0 ? 'away' : 'towards', ...(isKnown ? [] : ['unknown'])]
  const sign = influence < 0 ? '−' : '+'
  return make(
    'li',
    {
      class: classes.join(' '),
      style: {
        '--strength': `${(STRONGEST * strength).toFixed(0)}%`,
        '--edge': `${(100 * strength).toFixed(0)}%`,
      },
      attributes: {
        title: `${sign}${Math.abs(influence).toFixed(2)}${isKnown ? '' : ', not in the vocabulary'}`,
      },
    },
    make('span', { text }),
    make('span', { class: 'visually-hidden', text: ` (${sign}${Math.abs(influence).toFixed(2)})` }),
  )
}

function legendOf({ labels }: Classifier, { explained, words }: Answer): string {
  const unknown = words.some(({ isKnown }) => !isKnown) ? ' Dotted words were not in the training texts.' : ''
  const classes =
    labels.length === 2
      ? `Blue words speak for “${labels[1]}”, orange ones for “${labels[0]}”`
      : `Blue words speak for “${labels[explained]}”, orange ones against it`
  return `${classes}: gradient × input of each word, averaged on the way to the sentence.${unknown}`
}
