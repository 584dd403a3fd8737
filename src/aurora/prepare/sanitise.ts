import { counted } from '../../counted.ts'
import { Failure } from '../../failure.ts'
import type { Log } from '../../log.ts'
import { quote } from '../../quotation.ts'
import { type ColumnName, judgeColumns, missingLines } from '../../sanitise/column-decisions.ts'
import {
  type Automation,
  type AutomationKind,
  MARKERS,
  type Query,
  type SqlRow,
  text,
} from '../../sanitise/dialects/dialect.ts'
import type { FileReport, SanitisingOrder, SanitisingReport } from '../../sanitise/order.ts'
import type { SqlStatement } from '../../sanitise/split/statement.ts'
import { type CloneDatabase, StatementError, isNoProcedure, isThereAlready, newNonce } from './database.ts'

type Isolation = Pick<SanitisingReport, 'logins' | 'automations'>

/** Switches off what a clone would do by itself, and the logins of its source. Both are proven by the catalogue afterwards. */
export async function isolate(
  database: CloneDatabase,
  { sanitises, disablesLogins, keepLogins }: SanitisingOrder,
  log: Log,
): Promise<Isolation> {
  const automations = await handleAutomations(database, { switchOff: sanitises, log })
  const logins = disablesLogins ? await disableLogins(database, keepLogins) : []
  if (logins.length > 0) log.info(`Logins disabled: ${logins.length} (${listed(logins)})`)
  return { automations, logins }
}

/** Statements whose counts are read at once. */
const COUNTED_AT_ONCE = 500

/** Runs the statements, in the order of the files. Returns the rows of each file. */
export async function runStatements(
  database: CloneDatabase,
  statements: readonly SqlStatement[],
  log: Log,
): Promise<readonly FileReport[]> {
  const files = new Map<string, FileReport>()
  for (let done = 0; done < statements.length; done += COUNTED_AT_ONCE) {
    const part = statements.slice(done, done + COUNTED_AT_ONCE)
    for (const [index, statement] of part.entries()) await runOne(database, statement, done + index + 1)
    const counts = await database.counts(done + 1, done + part.length)
    for (const [index, statement] of part.entries()) {
      const rows = counts[index] ?? 0
      const { file, number } = statement
      log.info(`${place(statement)}: ${counted(rows, 'row')}`)
      files.set(file, { name: file, statements: number, rows: (files.get(file)?.rows ?? 0) + rows })
    }
  }
  return [...files.values()]
}

/** Everybody who may read a table may read the statistics of its columns (PostgreSQL, pg_stats). */
export async function renewStatistics(database: CloneDatabase, first: number): Promise<void> {
  const { newStatistics, marked } = database.dialect
  for (const [index, text] of newStatistics.entries()) {
    const number = first + index
    await database.runMarked(number, marked({ number, text, nonce: newNonce() }))
  }
}

/** Runs the queries that must not have a row. The statements' markers are numbered from 1, so these follow `after`. */
export async function runChecks(
  database: CloneDatabase,
  checks: readonly SqlStatement[],
  { after, log }: Readonly<{ after: number; log: Log }>,
): Promise<void> {
  const { dialect } = database
  for (const [index, check] of checks.entries()) {
    const number = after + index + 1
    await told(check, () =>
      database.runMarked(number, dialect.counted({ number, text: check.text, nonce: newNonce() })),
    )
  }
  if (checks.length === 0) return
  const counts = await database.counts(after + 1, after + checks.length)
  const found = checks.flatMap((check, index) => {
    const rows = counts[index] ?? 0
    return rows === 0 ? [] : [`${place(check)} found ${counted(rows, 'row')}`]
  })
  if (found.length > 0)
    throw new Failure({
      title: 'Verification failed',
      what: `Queries of verify-sql must find nothing: ${listed(found)}. The clone was not published.`,
      remedy: 'Correct the statements of sanitize-sql, then run again: the next clone begins anew.',
    })
  log.info(`Queries of verify-sql: ${checks.length}, and none finds a row`)
}

/** Compares the columns of every database with the decisions about them. */
export async function checkColumns(
  database: CloneDatabase,
  order: Pick<SanitisingOrder, 'decisions'>,
  log: Log,
): Promise<SanitisingReport['columns']> {
  const { decisions } = order
  if (decisions === undefined) return undefined
  const { masked, kept, undecided, unused } = judgeColumns(await columnsOf(database), decisions)
  if (unused.length > 0) log.warning(`column-decisions names columns that do not exist: ${listed(unused)}.`)
  log.info(`Columns: ${masked} masked, ${kept} kept, ${undecided.length} undecided`)
  if (undecided.length === 0) return { masked, kept }
  const lines = missingLines(undecided)
  // In no group, which GitHub folds: these lines are what the run is about.
  log.info('Lines that column-decisions lacks; write masked where sanitize-sql masks the column:')
  for (const line of lines) log.info(quote(line))
  throw new Failure({
    title: 'Column without a decision',
    what: `${undecided.length} ${undecided.length === 1 ? 'column has' : 'columns have'} no line in column-decisions: ${listed(lines.map((line) => line.replace(/: kept$/, '')))}. The clone was not published.`,
    remedy:
      'Add the lines that the log prints to the file, and decide: masked where sanitize-sql masks the column, kept where everybody may see it.',
  })
}

/**
 * The markers are there only while statements run, so that they are no columns of the clone. That they cannot be made twice keeps
 * two runs apart. `again`: only queries follow, so those of a run that was cut off are replaced.
 */
export async function withMarkers<T>(
  database: CloneDatabase,
  again: boolean,
  work: () => Promise<T>,
): Promise<T> {
  const { setUpMarkers, removeMarkers } = database.dialect
  if (again) for (const sql of removeMarkers) await database.runOnce(sql)
  try {
    for (const sql of setUpMarkers) await database.runOnce(sql)
  } catch (error) {
    throw isThereAlready(error) ? begunByAnother(error) : error
  }
  const result = await work()
  for (const sql of removeMarkers) await database.runOnce(sql)
  return result
}

function begunByAnother(cause: unknown): Failure {
  return new Failure({
    title: 'Clone not published',
    what: `Another run has begun to sanitise this clone, whose marks are in "${MARKERS}". Nobody gets its endpoint from this run.`,
    remedy: `Look at the other run, then run again: the next clone begins anew. If the source has a schema or database "${MARKERS}", drop it there.`,
    cause,
  })
}

async function runOne(database: CloneDatabase, statement: SqlStatement, number: number): Promise<void> {
  const { text, alone } = statement
  await told(statement, async () => {
    if (alone) {
      await database.runAlone(number, text)
      return
    }
    const calls = database.dialect.marked({ number, text, nonce: newNonce() })
    try {
      for (const sql of calls.before) await database.runOnce(sql)
    } catch (error) {
      if (!isNoProcedure(error)) throw error
      await database.runAlone(number, text)
      return
    }
    await database.runMarked(number, calls)
  })
}

/** Names the statement in what went wrong. */
async function told<T>(statement: SqlStatement, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
    throw new Failure({
      title: 'Statement failed',
      what: `${place(statement)} failed: ${error.message}. The clone was not published.`,
      remedy: 'Correct the statement, then run again: the next clone begins anew.',
      cause: error,
    })
  }
}

function place({ file, number, line }: SqlStatement): string {
  return `${quote(file)}, statement ${number} (line ${line})`
}

async function disableLogins(database: CloneDatabase, keep: readonly string[]): Promise<readonly string[]> {
  const { dialect } = database
  const read = async (): Promise<readonly SqlRow[]> =>
    (await database.ask({ sql: dialect.logins })).filter(
      (row) => !dialect.keptBy(row).some((name) => keep.includes(name)),
    )
  const logins = await read()
  const refused: string[] = []
  for (const row of logins)
    await database.ask({ sql: dialect.disableLogin(row) }).catch((error: unknown) => {
      if (!(error instanceof StatementError)) throw error
      refused.push(`${quote(dialect.loginName(row))}: ${error.message}`)
    })
  const left = await read()
  if (left.length > 0)
    throw new Failure({
      title: 'Logins not disabled',
      what: `${left.length} logins of the source can still log in to the clone: ${listed(refused.length > 0 ? refused : left.map((row) => quote(dialect.loginName(row))))}. The clone was not published.`,
      remedy:
        'Let the master user alter these logins (in PostgreSQL: GRANT role TO master WITH ADMIN OPTION, on the source), or name them in keep-logins.',
    })
  await endSessions(database, keep)
  return logins.map((row) => quote(dialect.loginName(row)))
}

const MOST_LOOKS = 10

/** Those that a disabled login or the old password of the master has opened. */
async function endSessions(database: CloneDatabase, kept: readonly string[]): Promise<void> {
  const { dialect } = database
  const [[thisSession = null] = []] = await database.ask({ sql: dialect.thisSession })
  const sql = dialect.sessionsToEnd(thisSession, kept)
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const sessions = await database.ask({ sql })
    if (sessions.length === 0) return
    for (const row of sessions) await tried(database, { sql: dialect.endSession(row) })
    await database.rest()
  }
  throw new Failure({
    title: 'Logins not disabled',
    what: 'Sessions of disabled logins did not end. The clone was not published.',
    remedy: 'Run again: the next clone begins anew.',
  })
}

/** Whether it worked, the next reading of the catalogue tells. */
async function tried(database: CloneDatabase, query: Query): Promise<void> {
  await database.ask(query).catch((error: unknown) => {
    if (!(error instanceof StatementError)) throw error
  })
}

interface Found {
  readonly kind: AutomationKind
  readonly automation: Automation
}

async function handleAutomations(
  database: CloneDatabase,
  { switchOff, log }: Readonly<{ switchOff: boolean; log: Log }>,
): Promise<readonly string[]> {
  const found = await automationsOf(database)
  const names = found.map(nameOf)
  if (names.length === 0) return []
  if (!switchOff) {
    log.warning(`The clone does some things by itself, as its source does: ${listed(names)}.`)
    return names
  }
  let left = found
  // What is switched off may take a moment to end.
  for (let looks = 0; left.length > 0 && looks < MOST_LOOKS; looks++) {
    if (looks > 1) await database.rest()
    for (const { automation } of left) await tried(database, automation.off)
    left = await automationsOf(database)
  }
  if (left.length > 0)
    throw new Failure({
      title: 'Automations not switched off',
      what: `The clone would still do something by itself: ${listed(left.map(nameOf))}. The clone was not published.`,
      remedy:
        'Let the master user of the source own them, or switch them off in a step of your own with publish: manual.',
    })
  log.info(`Switched off: ${listed(names)}`)
  return names
}

function nameOf({ kind, automation }: Found): string {
  return `${kind.title}: ${quote(automation.name)}`
}

async function automationsOf(database: CloneDatabase): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const kind of database.dialect.automations)
    for (const name of kind.where === 'one' ? [undefined] : (await databasesOf(database)).open) {
      const at = name === undefined ? {} : { database: name }
      if (kind.exists !== undefined) {
        const [[exists] = []] = await database.ask({ sql: kind.exists, ...at })
        if (exists !== true) continue
      }
      const rows = await database.ask({ sql: kind.list, ...at })
      found.push(...rows.map((row) => ({ kind, automation: kind.read(row) })))
    }
  return found
}

/** `open`: the database of the statements first. `closed`: databases that allow no connection, whose owner may allow it again. */
async function databasesOf(
  database: CloneDatabase,
): Promise<Readonly<{ open: readonly string[]; closed: readonly string[] }>> {
  const { otherDatabases } = database.dialect
  const own = database.name ?? ''
  if (otherDatabases === undefined) return { open: [own], closed: [] }
  const others = await database.ask({ sql: otherDatabases(own) })
  const named = (isOpen: boolean): readonly string[] =>
    others.filter(([, allows]) => (allows === true) === isOpen).map(([name]) => text(name))
  return { open: [own, ...named(true)], closed: named(false) }
}

/** An answer of the Data API has at most 1 MiB; 5,009 columns took 210 KB. */
const COLUMNS_A_PAGE = 2_000

async function columnsOf(database: CloneDatabase): Promise<readonly ColumnName[]> {
  const columns: ColumnName[] = []
  const { open, closed } = await databasesOf(database)
  if (closed.length > 0)
    throw new Failure({
      title: 'Column without a decision',
      what: `Nobody can look into databases that allow no connection: ${listed(closed.map((name) => quote(name)))}. The clone was not published.`,
      remedy: 'Drop them in sanitize-sql, or allow connections to them on the source.',
    })
  for (const [index, name] of open.entries())
    for (let offset = 0; ; offset += COLUMNS_A_PAGE) {
      const sql = database.dialect.columns({ offset, limit: COLUMNS_A_PAGE })
      const rows = await database.ask({ sql, database: name })
      columns.push(...rows.map((row) => [...(index === 0 ? [] : [name]), ...row.map(text)]))
      if (rows.length < COLUMNS_A_PAGE) break
    }
  return columns
}

const MOST_LISTED = 20

function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED
  return `${names.slice(0, MOST_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
