/** A place on the pad: (0, 0) is its upper left corner, (1, 1) its lower right one. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** What a pen drew from where it was put down to where it was lifted. */
export type Stroke = readonly Point[]
