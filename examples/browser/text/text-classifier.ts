import type { Classifier } from '../../text-classifier/classifier.ts'
import { breathe, byId, make } from '../page/dom.ts'
import { AskPanel } from './ask.ts'
import { DataPanel } from './data-panel.ts'
import { describeGpu, listDevices, prepareDevice } from './devices.ts'
import { KeepPanel } from './keep-panel.ts'
import { Progress } from './progress.ts'
import { Rate } from './rate.ts'
import { recordSpeed } from './speed.ts'
import { newClassifier, type Settings, trainInWorker } from './training.ts'

const numberIn = (id: string): number => {
  const element = document.getElementById(id)
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement
    ? Number(element.value)
    : Number.NaN
}

const readSettings = (): Settings => ({
  epochs: numberIn('epochs'),
  batchSize: numberIn('batch-size'),
  units: numberIn('units'),
  learningRate: numberIn('learning-rate'),
})

/** Brings the panel of the text classifier to life. */
export function startTextClassifier(): void {
  const data = new DataPanel()
  const progress = new Progress()
  const ask = new AskPanel()
  const keep = new KeepPanel(classifier => use(classifier))
  const devices = listDevices()
  ask.suggest(data.read().suggestions)
  const select = byId('device', HTMLSelectElement)
  const train = byId('train', HTMLButtonElement)
  const stop = byId('stop', HTMLButtonElement)
  const bar = byId('progress', HTMLProgressElement)
  const status = byId('status', HTMLElement)
  const hint = byId('device-hint', HTMLElement)
  let ending = new AbortController()

  const use = (classifier: Classifier): void => {
    ask.ask(classifier)
    keep.offer(classifier)
  }
  const say = (text: string, isError = false): void => {
    status.classList.toggle('error', isError)
    status.textContent = text
  }

  select.append(
    ...devices.map(({ id, label, missing }) => {
      const option = make('option', { text: missing === null ? label : `${label} (${missing})` })
      option.value = id
      option.disabled = missing !== null
      return option
    }),
  )

  const run = async (): Promise<void> => {
    const dataset = data.read()
    const settings = readSettings()
    const device = devices.find(({ id }) => id === select.value) ?? devices[0]
    await prepareDevice(device)
    const [text, details] = describeGpu(device)
    hint.textContent = text
    hint.title = details
    await breathe()
    const classifier = newClassifier(dataset, settings)
    const batches = Math.ceil(dataset.training.length / settings.batchSize)
    const rate = new Rate()
    progress.clear(batches)
    ask.suggest(dataset.suggestions)
    bar.value = 0
    const events = trainInWorker(classifier, dataset, settings, {
      signal: ending.signal,
      device: device.device,
      // With the epoch the weights come back, too: the answer can be watched as it changes.
      callbacks: [{ name: 'ask', onEpochEnd: () => ask.ask(classifier) }],
    })
    try {
      for await (const event of events) {
        if (event.kind === 'batch') {
          rate.batch(settings.batchSize)
          progress.batch(event.epoch, event.batch, event.logs, rate)
          bar.value = (event.epoch + (event.batch + 1) / batches) / settings.epochs
        } else if (event.kind === 'epoch') {
          rate.pause()
          progress.epoch(event.epoch + 1, event.logs)
          say(`Epoch ${event.epoch + 1} of ${settings.epochs}.`)
        }
      }
      say(`Trained for ${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'}.`)
    } finally {
      use(classifier)
      if (rate.perSecond !== null) recordSpeed(device.label, rate.perSecond)
    }
  }

  byId('training-form', HTMLFormElement).addEventListener('submit', async event => {
    event.preventDefault()
    if (train.disabled) return
    ending = new AbortController()
    train.disabled = true
    stop.disabled = false
    keep.offer(null)
    say('Starting the worker…')
    try {
      await run()
    } catch (error) {
      if (ending.signal.aborted) say('Stopped. The model keeps what it has learnt so far.')
      else say(error instanceof Error ? error.message : String(error), true)
    } finally {
      train.disabled = false
      stop.disabled = true
    }
  })
  stop.addEventListener('click', () => ending.abort())
}
