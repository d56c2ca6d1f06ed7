/** The element with this id, which the page has. */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`the page has no ${kind.name} #${id}`)
}

interface Attributes {
  readonly class?: string
  readonly text?: string
  readonly style?: Readonly<Record<string, string>>
  readonly attributes?: Readonly<Record<string, string>>
}

/** A new element with what is inside it. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { class: className, text, style = {}, attributes = {} }: Attributes = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  if (className !== undefined) element.className = className
  if (text !== undefined) element.textContent = text
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Runs it in the next frame, once, however often it was asked for before. */
export function oncePerFrame(body: () => void): () => void {
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    requestAnimationFrame(() => {
      isWaiting = false
      body()
    })
  }
}

/** Lets the page react to what has happened meanwhile. */
export const breathe = (): Promise<void> => new Promise(resolve => setTimeout(resolve))
