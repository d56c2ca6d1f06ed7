import { byId } from './dom.ts'

/** Tabs as the ARIA practices describe them: arrows move between them, and the chosen one shows its panel. */
export function startTabs(): void {
  const list = byId('tabs', HTMLElement)
  const tabs = [...list.querySelectorAll<HTMLButtonElement>('[role="tab"]')]
  // A single demonstration needs no choice.
  list.hidden = tabs.length < 2
  const choose = (chosen: HTMLButtonElement): void => {
    for (const tab of tabs) {
      const isChosen = tab === chosen
      tab.setAttribute('aria-selected', String(isChosen))
      tab.tabIndex = isChosen ? 0 : -1
      byId(tab.getAttribute('aria-controls') ?? '', HTMLElement).hidden = !isChosen
    }
  }
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => choose(tab))
    tab.addEventListener('keydown', event => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      if (step === undefined) return
      const next = tabs[(index + step + tabs.length) % tabs.length]
      next.focus()
      choose(next)
    })
  }
  choose(tabs[0])
}
