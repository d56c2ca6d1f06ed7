import type { BestEpoch, History, Logs } from '../../history.ts'
import { chartOf, escapeText, type Series } from './chart.ts'
import { shortNumber } from './scale.ts'
import { STYLE } from './style.ts'

/** What the page shows. */
export interface ReportFacts {
  readonly title: string
  readonly model: string
  readonly parameters: number
  readonly status: 'training' | 'completed' | 'stopped' | 'aborted' | 'failed'
  /** What ended a run that failed. */
  readonly error: string | null
  readonly epochs: number
  readonly started: Date
  readonly updated: Date
  readonly history: History
  readonly learningRates: readonly number[]
  /** Seconds after which the page loads itself again, while training goes on. */
  readonly refresh: number
}

/** The same with zeros at its end, where figures stand side by side. */
const fullNumber = (value: number): string =>
  Math.abs(value) >= 1e-3 && Math.abs(value) < 100 && !Number.isInteger(value)
    ? value.toPrecision(4)
    : shortNumber(value)

const STATUS = {
  training: 'Training',
  completed: 'Completed',
  stopped: 'Stopped early',
  aborted: 'Aborted',
  failed: 'Failed',
} as const

/** `valLoss` → `loss` */
const plainName = (name: string): string =>
  /^val[A-Z]/.test(name) ? name[3].toLowerCase() + name.slice(4) : name

/** `meanAbsoluteError` → `Mean absolute error` */
export const spoken = (name: string): string => {
  const words = name.replaceAll(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
  return ABBREVIATIONS.get(name) ?? words[0].toUpperCase() + words.slice(1)
}

const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['auc', 'AUC'],
  ['f1Score', 'F1 score'],
  ['r2Score', 'R² score'],
])

/** Inside a phrase. */
const inPhrase = (name: string): string =>
  ABBREVIATIONS.get(plainName(name)) ?? spoken(plainName(name)).toLowerCase()

const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}

/** A page that needs nothing but itself. */
export function reportPage(facts: ReportFacts): string {
  const { title, model, parameters, status, error, epochs, started, updated, history, refresh } = facts
  const done = history.epochs.length
  const isOn = status === 'training'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${isOn ? `<meta http-equiv="refresh" content="${refresh}">\n` : ''}<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<div>
<h1>${escapeText(title)}</h1>
<p class="facts">${escapeText(model)} · ${parameters.toLocaleString('en-US')} parameters · started ${started.toISOString().slice(0, 16).replace('T', ' ')} UTC</p>
</div>
<p class="status ${status}">${STATUS[status]}</p>
</header>
${error === null ? '' : `<p class="error">${escapeText(error)}</p>\n`}<section class="tiles" aria-label="Figures">
${tile('Epoch', `${done} <small>of ${epochs}</small>`, duration(updated.getTime() - started.getTime()))}
${figureTiles(history)}
${learningRateTile(facts.learningRates)}
</section>
<div class="progress" role="progressbar" aria-label="Epochs" aria-valuemin="0" aria-valuemax="${epochs}" aria-valuenow="${done}"><div style="width:${epochs === 0 ? 100 : (100 * done) / epochs}%"></div></div>
<section class="charts" aria-label="Charts">
${charts(history, facts.learningRates)}
</section>
${table(history)}
</main>
</body>
</html>
`
}

const tile = (label: string, value: string, note: string): string =>
  `<div class="tile"><span class="label">${escapeText(label)}</span><span class="value">${value}</span><span class="note">${escapeText(note)}</span></div>`

const MOST_TILES = 4

/** The best value of each figure: of validation, where there is one. */
function figureTiles(history: History): string {
  const names = Object.keys(history.history)
  const shown = names.filter(
    name => name !== plainName(name) || !names.some(other => other !== name && plainName(other) === name),
  )
  return shown
    .slice(0, MOST_TILES)
    .map(name => {
      const best: BestEpoch | null = history.best(name)
      if (best === null) return tile(`Best ${inPhrase(name)}`, '–', 'no finite value')
      const where = name === plainName(name) ? 'training' : 'validation'
      return tile(`Best ${inPhrase(name)}`, fullNumber(best.value), `${where}, epoch ${best.epoch + 1}`)
    })
    .join('\n')
}

const learningRateTile = (rates: readonly number[]): string => {
  if (rates.length === 0) return ''
  const last = rates[rates.length - 1]
  return tile(
    'Learning rate',
    shortNumber(last),
    last === rates[0] ? 'constant' : `from ${shortNumber(rates[0])}`,
  )
}

function charts(record: History, learningRates: readonly number[]): string {
  const { history, epochs } = record
  const names = Object.keys(history)
  const figures = [...new Set(names.map(plainName))]
  const drawn = figures.map(figure => {
    const series = names
      .filter(name => plainName(name) === figure)
      .map((name): Series => {
        const role = name === figure ? 'training' : 'validation'
        const isShown =
          role === 'validation' || names.every(other => other === name || plainName(other) !== figure)
        const best = isShown ? record.best(name) : null
        return {
          name: role,
          role,
          values: history[name],
          best: best === null ? null : epochs.indexOf(best.epoch),
        }
      })
    return panel(spoken(figure), series)
  })
  if (new Set(learningRates).size > 1) {
    drawn.push(
      panel('Learning rate', [
        { name: 'learning rate', role: 'training', values: learningRates, best: null },
      ]),
    )
  }
  return drawn.length === 0 ? '<p class="empty">The first epoch is on its way.</p>' : drawn.join('\n')
}

function panel(title: string, series: readonly Series[]): string {
  const legend =
    series.length < 2
      ? ''
      : `<span class="legend">${series.map(({ name, role }) => `<span class="key ${role}">${name}</span>`).join('')}</span>`
  return `<figure><figcaption>${escapeText(title)}${legend}</figcaption>${chartOf(title, series)}</figure>`
}

function table({ epochs, history }: History): string {
  if (epochs.length === 0) return ''
  const names = Object.keys(history)
  const head = ['Epoch', ...names.map(spoken)]
    .map(name => `<th scope="col">${escapeText(name)}</th>`)
    .join('')
  const rows = epochs.map((epoch, i) => {
    const logs: Logs = Object.fromEntries(names.map(name => [name, history[name][i]]))
    const cells = names.map(name => `<td>${fullNumber(logs[name])}</td>`).join('')
    return `<tr><th scope="row">${epoch + 1}</th>${cells}</tr>`
  })
  return `<details><summary>All figures</summary><div class="scroll" role="region" aria-label="All figures" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`
}
