import { type Alignment, type Terminal, alignColumns, widthOf, wrap } from './terminal.ts'

// Only the Markdown that comments and summaries are made of: headings, tables, paragraphs, code, bold, links and <sub>.

/** Markdown as its reader sees it on GitHub, as far as a terminal can. */
export function renderMarkdown(markdown: string, terminal: Terminal): readonly string[] {
  const blocks = markdown
    .replace(/<!--.*?-->/gs, '')
    .replaceAll('<br>', ', ')
    // Folded, as it is at first.
    .replace(/<details><summary>(.*?)<\/summary>.*?<\/details>/gs, '▸ $1')
    .split(/\n\s*\n/)
    .map((block) => block.trim().split('\n'))
    .filter((lines) => lines.some((line) => line !== ''))
  const rendered = blocks.flatMap((lines) => splitHeading(lines).map((part) => renderBlock(part, terminal)))
  return rendered.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

/** A heading ends with its line, whether or not an empty one follows. */
function splitHeading(lines: readonly string[]): readonly (readonly string[])[] {
  const [first = '', ...rest] = lines
  return first.startsWith('#') && rest.length > 0 ? [[first], rest] : [lines]
}

function renderBlock(lines: readonly string[], terminal: Terminal): readonly string[] {
  const [first = ''] = lines
  const heading = /^#{1,6} +(?<text>.*)$/.exec(first)?.groups?.['text']
  if (heading !== undefined) return [terminal.bold(renderInline(heading, terminal))]
  if (first.startsWith('|')) return renderTable(lines, terminal)
  return wrap(renderInline(lines.join(' '), terminal), terminal.columns - 4)
}

function renderTable(
  [head = '', delimiter = '', ...body]: readonly string[],
  terminal: Terminal,
): readonly string[] {
  const alignments = cellsOf(delimiter).map((cell): Alignment => (/^-+:$/.test(cell) ? 'right' : 'left'))
  const header = cellsOf(head)
  const rows = body.map((line) => cellsOf(line).map((cell) => renderInline(cell, terminal)))
  // A table of names and values has no header of its own: its first pair stands there.
  if (header[0]?.startsWith('**') === true)
    return alignColumns([header.map((cell) => renderInline(cell, terminal)), ...rows], alignments)
  const titles = header.map((cell) => terminal.bold(renderInline(cell, terminal)))
  const [titleLine = '', ...lines] = alignColumns([titles, ...rows], alignments)
  const ruleWidth = Math.max(...[titleLine, ...lines].map(widthOf))
  return [titleLine, terminal.dim('─'.repeat(ruleWidth)), ...lines]
}

function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
}

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' }

const INLINE =
  /`(?<code>[^`]+)`|\*\*(?<bold>.+?)\*\*|\[(?<link>[^\]]+)\]\([^)]*\)|<sub>(?<small>.*?)<\/sub>|\\(?<escaped>[^A-Za-z0-9\s])|(?<entity>&(?:lt|gt|amp);)|\u200B/g

/** Inside code nothing means anything; everywhere else, marks may stand inside each other. */
function renderInline(text: string, terminal: Terminal): string {
  const { bold, cyan, dim, underline } = terminal
  return text.replace(INLINE, (...found: readonly unknown[]) => {
    const groups = found.at(-1) as Readonly<Record<string, string | undefined>>
    const { code, bold: strong, link, small, escaped, entity } = groups
    if (code !== undefined) return cyan(code)
    if (strong !== undefined) return bold(renderInline(strong, terminal))
    if (link !== undefined) return underline(renderInline(link, terminal))
    if (small !== undefined) return dim(renderInline(small, terminal))
    return escaped ?? ENTITIES[entity ?? ''] ?? ''
  })
}
