import { createHash } from 'node:crypto'
import { Failure } from '../failure.ts'
import { quote } from '../quotation.ts'
import { FILE_INPUTS, type FileInput } from '../contract.ts'
import type { FilePattern } from '../file-patterns.ts'
import type { SelectedFiles } from '../file-selection.ts'
import { readDecisions } from './column-decisions.ts'
import { firstWord } from './first-word.ts'
import type { SanitisingOrder } from './order.ts'
import { splitSql } from './split/index.ts'
import type { SqlFile, SqlProblem, SqlStatement } from './split/statement.ts'

/** What the inputs say about the data of a clone. */
export interface SanitisingInputs {
  /** Empty: the input is not set. */
  readonly files: Readonly<Record<FileInput, readonly FilePattern[]>>
  readonly disablesLogins: boolean
  readonly keepLogins: readonly string[]
  readonly database: string | undefined
  /** Steps of the user's sanitise the clone. */
  readonly isBySteps: boolean
}

/** Reads the files of all patterns, as they are at one moment. Throws Failure if a pattern names none. */
export type ReadFiles = (patterns: SanitisingInputs['files']) => Promise<SelectedFiles<FileInput>>

/** Makes an order of inputs and files, before anything is created. Throws Failure with all problems of all files. */
export async function readSanitisingOrder(
  inputs: SanitisingInputs,
  engine: string,
  readFiles: ReadFiles,
): Promise<SanitisingOrder> {
  const patterns = inputs.files
  const isAnySet = FILE_INPUTS.some((input) => patterns[input].length > 0)
  const { files } = isAnySet ? await readFiles(patterns) : NO_FILES
  const dialect = engine === 'aurora-mysql' ? 'mysql' : 'postgresql'
  const statements = await split(dialect, files['sanitize-sql'])
  const checks = await split(dialect, files['verify-sql'])
  const { decisions, problems } = readDecisions(files['column-decisions'])
  refuse([
    ...statements.problems,
    ...statements.found.flatMap((one) => statementProblem(one)),
    ...checks.problems,
    ...checks.found.flatMap((one) => checkProblem(one)),
    ...problems,
  ])
  return {
    disablesLogins: inputs.disablesLogins,
    keepLogins: inputs.keepLogins,
    sanitises: patterns['sanitize-sql'].length > 0 || inputs.isBySteps,
    // The rows of a query would be an answer, which a procedure must not give (RDS Data API, "Limitations").
    statements: statements.found.map((one) =>
      dialect === 'mysql' && isQuery(one) ? { ...one, alone: true } : one,
    ),
    checks: checks.found,
    decisions: patterns['column-decisions'].length > 0 ? decisions : undefined,
    database: inputs.database,
    digest: digestOf(inputs, files),
  }
}

const NO_FILES: Pick<SelectedFiles<FileInput>, 'files'> = {
  files: { 'sanitize-sql': [], 'verify-sql': [], 'column-decisions': [] },
}

async function split(
  dialect: 'mysql' | 'postgresql',
  files: readonly SqlFile[],
): Promise<Readonly<{ found: readonly SqlStatement[]; problems: readonly string[] }>> {
  const result = files.length === 0 ? { statements: [] } : await splitSql(dialect, files)
  return 'problems' in result
    ? { found: [], problems: result.problems.map(told) }
    : { found: result.statements, problems: [] }
}

function told({ file, line, column, message, remedy }: SqlProblem): string {
  return `${quote(file)}:${line}:${column}: ${quote(message)}${remedy === undefined ? '' : `. ${remedy}`}`
}

const QUERIES = ['SELECT', 'WITH', 'VALUES', 'TABLE', '(']

function isQuery({ text }: SqlStatement): boolean {
  return [...QUERIES, 'SHOW', 'EXPLAIN', 'DESCRIBE', 'DESC'].includes(firstWord(text))
}

/** Each statement has a session of its own, so a setting or a temporary table is gone before the next one. */
function statementProblem({ text, file, line }: SqlStatement): readonly string[] {
  const word = firstWord(text)
  const isOfSession =
    /^(?:RESET|DISCARD|LISTEN|PREPARE|DECLARE|LOCK|UNLOCK)$/.test(word) ||
    (word === 'SET' && !/\bSET\s+(?:GLOBAL|PERSIST|PASSWORD|DEFAULT\s+ROLE)\b/i.test(text)) ||
    (word === 'CREATE' && /\bCREATE\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP(?:ORARY)?\b/i.test(text))
  return isOfSession
    ? [
        `${quote(file)}:${line}: each statement has a session of its own, so this one has no effect on the next. Put both into one DO block or procedure.`,
      ]
    : []
}

function checkProblem({ text, file, line }: SqlStatement): readonly string[] {
  return QUERIES.includes(firstWord(text))
    ? []
    : [`${quote(file)}:${line}: a statement of verify-sql must be a query, which begins with SELECT or WITH.`]
}

const MOST_TOLD = 20

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return
  const more = problems.length - MOST_TOLD
  throw new Failure({
    title: 'File not usable',
    what: `${problems.slice(0, MOST_TOLD).join(' ')}${more > 0 ? ` And ${more} more.` : ''}`,
    remedy: 'Correct these lines, then run again. Nothing was created.',
  })
}

function digestOf(inputs: SanitisingInputs, selected: SelectedFiles<FileInput>['files']): string {
  const files = FILE_INPUTS.map((input) =>
    selected[input].map(({ name, content }) => [name, createHash('sha256').update(content).digest('hex')]),
  )
  const { disablesLogins, keepLogins, database } = inputs
  return createHash('sha256')
    .update(JSON.stringify({ files, disablesLogins, keepLogins, database }))
    .digest('hex')
    .slice(0, 16)
}
