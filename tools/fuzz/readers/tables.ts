import { fromCsv, fromNdjson, type Row } from '../../../src/data-files/index.ts'
import { FormatError } from '../../../src/index.ts'
import { encode, type Files, reader, Violation } from '../reader.ts'

/** Pieces that end anywhere: within a character, a quoted cell, a line's end. */
const pieces = (file: Uint8Array): Uint8Array[] => {
  const middle = Math.floor(file.length / 3)
  return [file.slice(0, middle), file.slice(middle)]
}

const CSV = [
  'size,price,name\n1,2.5,"a ""b"", c"\n2,,ü\n-3e5,0.1,"two\nlines"\n',
  '\ufefflabel,text\r\n1,"漢字, 😀"\r\n0,plain\r\n',
  'a,b\n1,2\n3,4\n5,6\n',
]

export const csv = reader({
  name: 'csv',
  parser: 'third-party',
  errors: [FormatError],
  bytesPerByte: 500,
  seeds: async () => CSV.map(text => [encode(text)]),
  async read([file]) {
    const rows: Row[] = []
    for await (const row of fromCsv(pieces(file))) rows.push(row)
    return rows
  },
  use(rows) {
    const widths = new Set(rows.map(row => Object.keys(row).length))
    if (widths.size > 1) throw new Violation(`gave rows of ${[...widths].join(' and ')} cells`)
  },
})

const NDJSON = ['{"text":"good","label":1}\n{"text":"bäd","label":0}\r\n\n[1,2,{"a":null}]\n"x"', '{"a":1}\n']

export const ndjson = reader({
  name: 'ndjson',
  parser: 'own',
  errors: [FormatError],
  bytesPerByte: 200,
  seeds: async (): Promise<Files[]> => NDJSON.map(text => [encode(text)]),
  async read([file]) {
    const values: unknown[] = []
    for await (const value of fromNdjson(pieces(file))) values.push(value)
    return values
  },
})
