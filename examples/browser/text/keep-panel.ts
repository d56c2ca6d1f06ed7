import type { Classifier } from '../../text-classifier/classifier.ts'
import { byId, make } from '../page/dom.ts'
import { isKept, keep, kept, open, toFile } from './model-store.ts'

const FILE = 'text-classifier.safetensors'

/** Saves the classifier, and brings saved ones back. */
export class KeepPanel {
  private readonly save = byId('save', HTMLButtonElement)
  private readonly reload = byId('reload', HTMLButtonElement)
  private readonly download = byId('download', HTMLButtonElement)
  private readonly upload = byId('upload', HTMLInputElement)
  private readonly status = byId('model-status', HTMLElement)
  private classifier: Classifier | null = null

  constructor(private readonly opened: (classifier: Classifier) => void) {
    this.on(this.save, async classifier => {
      await keep(classifier)
      this.reload.disabled = false
      return 'Saved in this browser: it is still there after a reload of the page.'
    })
    this.on(this.download, async classifier => {
      const url = URL.createObjectURL(toFile(classifier))
      make('a', { attributes: { href: url, download: FILE } }).click()
      setTimeout(() => URL.revokeObjectURL(url), 1000)
      return `Downloaded as ${FILE}, which Python’s safetensors reads, too.`
    })
    this.reload.addEventListener('click', () =>
      this.say(async () => {
        const classifier = await kept()
        this.opened(classifier)
        return `Reloaded: ${describe(classifier)}.`
      }),
    )
    this.upload.addEventListener('change', () =>
      this.say(async () => {
        const file = this.upload.files?.[0]
        if (file === undefined) return ''
        const classifier = await open(file)
        this.upload.value = ''
        this.opened(classifier)
        return `Opened ${file.name}: ${describe(classifier)}.`
      }),
    )
    void this.say(async () => {
      this.reload.disabled = !(await isKept())
      return this.reload.disabled ? '' : 'A saved model is here: reload it.'
    })
  }

  /** The classifier that is saved from now on; null while it is being trained. */
  offer(classifier: Classifier | null): void {
    this.classifier = classifier
    this.save.disabled = classifier === null
    this.download.disabled = classifier === null
  }

  private on(button: HTMLButtonElement, action: (classifier: Classifier) => Promise<string>): void {
    button.addEventListener('click', () => {
      const { classifier } = this
      if (classifier !== null) void this.say(() => action(classifier))
    })
  }

  private async say(action: () => Promise<string>): Promise<void> {
    this.status.classList.remove('error')
    try {
      this.status.textContent = await action()
    } catch (error) {
      this.status.classList.add('error')
      this.status.textContent = error instanceof Error ? error.message : String(error)
    }
  }
}

const describe = ({ labels, tokenizer }: Classifier): string =>
  `${labels.join(' or ')}, ${tokenizer.vocabularySize.toLocaleString('en-US')} words`
