import { byId } from './dom.ts'

const KEY = 'tensorloom-theme'
const listeners = new Set<() => void>()

/** To be called when colours have changed. */
export const onThemeChange = (listener: () => void): void => void listeners.add(listener)

/** The value of a custom property of the theme. */
export const themeColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The system's theme, unless the button has chosen another. */
export function startTheme(): void {
  const button = byId('theme', HTMLButtonElement)
  const system = matchMedia('(prefers-color-scheme: dark)')
  let chosen = localStorage.getItem(KEY)
  const show = (): void => {
    const isDark = chosen === null ? system.matches : chosen === 'dark'
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
    button.setAttribute('aria-pressed', String(isDark))
    for (const listener of listeners) listener()
  }
  button.addEventListener('click', () => {
    chosen = button.getAttribute('aria-pressed') === 'true' ? 'light' : 'dark'
    localStorage.setItem(KEY, chosen)
    show()
  })
  system.addEventListener('change', show)
  show()
}
