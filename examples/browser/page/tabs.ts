import { byId } from './dom.ts'

const PREFIX = 'tab-'

/**
 * Tabs as the ARIA practices describe them: arrows move between them, and the chosen one shows its panel. The address
 * names the chosen one (`#digits`), and so leads to it.
 *
 * @param starts what each tab runs when it is first chosen, by its name
 */
export function startTabs(starts: Readonly<Record<string, () => void>>): void {
  const tabs = [...byId('tabs', HTMLElement).querySelectorAll<HTMLButtonElement>('[role="tab"]')]
  const started = new Set<string>()
  const nameOf = (tab: HTMLButtonElement): string => tab.id.slice(PREFIX.length)
  const show = (chosen: HTMLButtonElement): void => {
    for (const tab of tabs) {
      const isChosen = tab === chosen
      tab.setAttribute('aria-selected', String(isChosen))
      tab.tabIndex = isChosen ? 0 : -1
      byId(tab.getAttribute('aria-controls') ?? '', HTMLElement).hidden = !isChosen
    }
    const name = nameOf(chosen)
    if (!started.has(name)) {
      started.add(name)
      starts[name]()
    }
  }
  const choose = (tab: HTMLButtonElement): void => {
    show(tab)
    history.replaceState(null, '', `#${nameOf(tab)}`)
  }
  const named = (): HTMLButtonElement | undefined => tabs.find(tab => `#${nameOf(tab)}` === location.hash)
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => choose(tab))
    tab.addEventListener('keydown', event => {
      const last = tabs.length - 1
      const next = {
        ArrowLeft: index === 0 ? last : index - 1,
        ArrowRight: index === last ? 0 : index + 1,
        Home: 0,
        End: last,
      }[event.key]
      if (next === undefined) return
      event.preventDefault()
      tabs[next].focus()
      choose(tabs[next])
    })
  }
  addEventListener('hashchange', () => {
    const tab = named()
    if (tab !== undefined) show(tab)
  })
  show(named() ?? tabs[0])
}
