import { quote } from '../quotation.ts'

/** What the team has decided about a column. */
export type Decision = 'masked' | 'kept'

/** The parts of its name: schema, table and column, after the database if that is another one. */
export type ColumnName = readonly string[]

interface Line {
  readonly name: ColumnName
  readonly decision: Decision
  /** `file:line`, for messages. */
  readonly at: string
}

/** The decisions of all files, by the written name. */
export type Decisions = ReadonlyMap<string, Line>

export interface DecisionFile {
  readonly name: string
  readonly content: Uint8Array
}

export interface Judgement {
  readonly masked: number
  readonly kept: number
  /** Columns that nobody decided about. */
  readonly undecided: readonly ColumnName[]
  /** Lines that name no column. */
  readonly unused: readonly string[]
}

/**
 * Reads lines such as `public.users.email: masked`, and `public.countries.*: kept` for a whole table. Names with other characters
 * stand in double quotes, doubled inside. `#` begins a comment. Returns every wrong line, as `file:line: why`.
 */
export function readDecisions(
  files: readonly DecisionFile[],
): Readonly<{ decisions: Decisions; problems: readonly string[] }> {
  const decisions = new Map<string, Line>()
  const problems: string[] = []
  for (const { name: file, content } of files) {
    const text = new TextDecoder().decode(content)
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
      const line = raw.replace(/^#.*|\s#.*$/, '').trim()
      if (line === '') continue
      const at = `${quote(file)}:${index + 1}`
      const parsed = parseLine(line)
      const known = decisions.get(typeof parsed === 'string' ? '' : writtenName(parsed.name))
      if (typeof parsed === 'string') problems.push(`${at}: ${parsed}`)
      else if (known !== undefined) problems.push(`${at}: the column stands in ${known.at} already`)
      else decisions.set(writtenName(parsed.name), { ...parsed, at })
    }
  }
  return { decisions, problems }
}

const PART = /(?:"((?:[^"]|"")*)"|([^\s.:"]+))/y

function parseLine(line: string): Omit<Line, 'at'> | string {
  const parts: string[] = []
  let at = 0
  for (;;) {
    PART.lastIndex = at
    const match = PART.exec(line)
    if (match === null) return NOT_A_LINE
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    at = PART.lastIndex
    if (line[at] !== '.') break
    at += 1
  }
  const [, decision] = /^\s*:\s*(masked|kept)$/.exec(line.slice(at)) ?? []
  if (decision === undefined || parts.length < 3 || parts.length > 4) return NOT_A_LINE
  if (parts.slice(0, -1).includes('*')) return 'only the column may be *'
  if (parts.at(-1) === '*' && decision === 'masked')
    return 'a whole table can only be kept: name each column that is masked'
  return { name: parts, decision: decision as Decision }
}

const NOT_A_LINE = 'expected a line such as "public.users.email: masked" or "public.countries.*: kept"'

/** The decision about a column counts before that about its table. Pure. */
export function judgeColumns(columns: readonly ColumnName[], decisions: Decisions): Judgement {
  const used = new Set<string>()
  const count = { masked: 0, kept: 0 }
  const undecided: ColumnName[] = []
  for (const column of columns) {
    const names = [column, [...column.slice(0, -1), '*']].map(writtenName)
    const name = names.find((one) => decisions.has(one))
    const decision = decisions.get(name ?? '')?.decision
    // A line for a table counts as used, also if each of its columns has a line.
    for (const one of names) used.add(one)
    if (decision === undefined) undecided.push(column)
    else count[decision] += 1
  }
  const unused = [...decisions].filter(([name]) => !used.has(name)).map(([name, { at }]) => `${name} (${at})`)
  return { ...count, undecided, unused }
}

/** The lines that are missing, to be decided by people. */
export function missingLines(columns: readonly ColumnName[]): readonly string[] {
  return columns.map((column) => `${writtenName(column)}: kept`)
}

function writtenName(name: ColumnName): string {
  return name.map((part) => (/^[^\s.:"#]+$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join('.')
}
