import { byId, make } from '../page/dom.ts'
import { builtInReviews, type Dataset, EXAMPLE_LINES, readOwnTexts } from './dataset.ts'

/** Characters of a sample that takes no more than two lines. */
const LONGEST_SAMPLE = 60

/** The choice between the built-in reviews and one's own texts. */
export class DataPanel {
  private readonly own = byId('own-text', HTMLTextAreaElement)
  private readonly summary = byId('data-summary', HTMLElement)

  constructor() {
    this.own.value = EXAMPLE_LINES
    this.own.addEventListener('input', () => this.refresh())
    for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="source"]')) {
      radio.addEventListener('change', () => this.refresh())
    }
    const { labels, training } = builtInReviews()
    const short = training.filter(({ text }) => text.length <= LONGEST_SAMPLE && / but /.test(text))
    byId('samples', HTMLUListElement).append(
      ...[1, 0, 1].map((label, index) => {
        const { text } = short.filter(example => example.label === label)[index]
        return make(
          'li',
          {},
          make('span', { class: `tag class-${label}`, text: labels[label] }),
          make('span', { text }),
        )
      }),
    )
    this.refresh()
  }

  /** @throws Error that says what is wrong with one's own texts */
  read(): Dataset {
    return this.isOwn ? readOwnTexts(this.own.value) : builtInReviews()
  }

  private get isOwn(): boolean {
    return document.querySelector<HTMLInputElement>('input[name="source"]:checked')?.value === 'own'
  }

  private refresh(): void {
    byId('corpus-data', HTMLElement).hidden = this.isOwn
    byId('own-data', HTMLElement).hidden = !this.isOwn
    this.summary.classList.remove('error')
    try {
      const { labels, training, validation } = this.read()
      const count = training.length.toLocaleString('en-US')
      const held = validation.length.toLocaleString('en-US')
      const classes = this.isOwn ? ` Labels: ${labels.join(', ')}.` : ''
      this.summary.textContent = `${count} texts to learn from, ${held} held out.${classes}`
    } catch (error) {
      this.summary.classList.add('error')
      this.summary.textContent = error instanceof Error ? error.message : String(error)
    }
  }
}
