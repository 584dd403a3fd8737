import type { SqlFile, SqlProblem } from './statement.ts'

/** Blanks as SQL and the mysql client know them: others, such as the no-break space, are text. */
const AROUND = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g
const BYTE_ORDER_MARK = '\uFEFF'
/** What Node.js puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = Buffer.from('\uFFFD')

export function trimBlanks(text: string): string {
  return text.replace(AROUND, '')
}

/** Line and column of an offset in UTF-16 units, from 1. A column is a character, as editors count it. */
export function positionAt(text: string, offset: number): Pick<SqlProblem, 'line' | 'column'> {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 }
}

/** Gives the line of one offset after the other, in one pass: they may not go back. */
export function lineCounter(text: string): (offset: number) => number {
  let [line, at] = [1, 0]
  return (offset) => {
    for (let end = text.indexOf('\n', at); end !== -1 && end < offset; end = text.indexOf('\n', at)) {
      line += 1
      at = end + 1
    }
    return line
  }
}

/** The text of a file without its byte order mark, or why it is none. No statement may hold a NUL: both servers end the text there. */
export function readText({ name, content }: SqlFile): string | SqlProblem {
  const text = content.toString()
  const invalid = invalidAt(content, text)
  if (invalid !== undefined)
    return {
      file: name,
      ...positionAt(text, invalid),
      message: 'the file is not UTF-8',
      remedy: 'Save it as UTF-8.',
    }
  const stripped = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  const nul = stripped.indexOf('\0')
  if (nul === -1) return stripped
  return {
    file: name,
    ...positionAt(stripped, nul),
    message: 'the file has a NUL byte',
    remedy: 'Remove it, or write binary data in hexadecimal.',
  }
}

function invalidAt(content: Buffer, text: string): number | undefined {
  if (Buffer.from(text).equals(content)) return undefined
  // A replacement character that the file really has is three bytes of it.
  for (const { index } of text.matchAll(/\uFFFD/g)) {
    const at = Buffer.byteLength(text.slice(0, index))
    if (!content.subarray(at, at + REPLACEMENT.length).equals(REPLACEMENT)) return index
  }
  return undefined
}
