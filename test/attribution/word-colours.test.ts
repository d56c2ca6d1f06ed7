import { describe, expect, it } from 'vitest'
import { wordColours } from '../../src/attribution/word-colours.ts'
import { ValueError } from '../../src/errors.ts'

describe('wordColours', () => {
  it('paints the strongest word fully, and leaves neutral ones alone', () => {
    const text = wordColours(['not', 'a', 'film'], [-2, 0, 1])
    expect(text).toBe('\u001b[48;2;213;94;0;30mnot\u001b[0m a \u001b[48;2;128;185;217;30mfilm\u001b[0m')
  })

  it('escapes markup and terminal codes', () => {
    expect(wordColours(['\u001b[31m'], [0])).toBe('�[31m')
    const html = wordColours(['<b>&"'], [1], { format: 'html' })
    expect(html).toContain('>&lt;b&gt;&amp;&quot;</span>')
    expect(html).toContain('title="+1.00"')
    expect(wordColours(['<b>'], [-1], { format: 'svg' })).toContain('<title>&lt;b&gt; −1.00</title>')
  })

  it('breaks lines of pictures', () => {
    const svg = wordColours(Array(40).fill('word'), Array(40).fill(0.5), { format: 'svg', scale: 1 })
    expect(svg).toContain('translate(0 28)')
    expect(svg).toMatch(/^<svg [^>]*height="\d+"/)
  })

  it('refuses other numbers of values, NaN and unknown formats', () => {
    expect(() => wordColours(['a'], [1, 2])).toThrow(/each of 1 words, got 2 values/)
    expect(() => wordColours(['a'], [Number.NaN])).toThrow(ValueError)
    expect(() => wordColours(['a'], [1], { format: 'pdf' as never })).toThrow(/got pdf/)
  })
})
