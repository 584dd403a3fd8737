import { stripVTControlCharacters, styleText } from 'node:util'

const DEFAULT_COLUMNS = 110
const MIN_COLUMNS = 60

export type Paint = (text: string) => string

/** What is written to: how wide it is, and what emphasis looks like there. */
export interface Terminal {
  readonly columns: number
  readonly bold: Paint
  readonly dim: Paint
  readonly underline: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly red: Paint
  readonly cyan: Paint
}

export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY === true
  // https://no-color.org: whatever it is set to, unless it is empty.
  const isPlain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb'
  return makeTerminal({
    colours: isTerminal && !isPlain,
    columns: isTerminal ? (stream.columns ?? DEFAULT_COLUMNS) : DEFAULT_COLUMNS,
  })
}

export function makeTerminal({
  colours,
  columns,
}: {
  readonly colours: boolean
  readonly columns: number
}): Terminal {
  const paint =
    (format: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      colours && text !== '' ? styleText(format, text, { validateStream: false }) : text
  return {
    columns: Math.min(Math.max(columns, MIN_COLUMNS), DEFAULT_COLUMNS),
    bold: paint('bold'),
    dim: paint('dim'),
    underline: paint('underline'),
    green: paint('green'),
    yellow: paint('yellow'),
    red: paint('red'),
    cyan: paint('cyan'),
  }
}

/** How many columns a text takes: colours take none, emoji take two. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text).replaceAll('\u200B', '').replaceAll('\uFE0F', ''))
    width += /\p{Emoji_Presentation}|\p{Extended_Pictographic}/u.test(character) ? 2 : 1
  return width
}

/** Breaks between words only; a word that is too long stays whole, so that an address can be copied. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer) > columns) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

export type Alignment = 'left' | 'right'

/** Rows as columns of equal width, two spaces apart. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): readonly string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
        return alignments[column] === 'right' ? `${padding}${cell}` : `${cell}${padding}`
      })
      .join('  ')
      .trimEnd(),
  )
}

/** A headline over the whole width. */
export function banner(text: string, { bold, columns }: Terminal): string {
  return bold(`━━ ${text} ${'━'.repeat(Math.max(columns - widthOf(text) - 4, 2))}`)
}

/** Lines that belong together and came from elsewhere. */
export function quote(lines: readonly string[], { dim }: Terminal): readonly string[] {
  return lines.map((line) => `  ${dim('│')} ${line}`.trimEnd())
}
