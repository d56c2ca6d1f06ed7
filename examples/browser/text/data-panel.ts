import { byId, make } from '../page/dom.ts'
import { builtInReviews, type Dataset, EXAMPLE_LINES, readOwnTexts } from './dataset.ts'

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
    byId('samples', HTMLUListElement).append(
      ...[0, 1, 2, 3].map(index => {
        const { label, text } = training[index]
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
      this.summary.textContent = `${count} texts to learn from, ${validation.length.toLocaleString('en-US')} held out · ${labels.join(', ')}`
    } catch (error) {
      this.summary.classList.add('error')
      this.summary.textContent = error instanceof Error ? error.message : String(error)
    }
  }
}
