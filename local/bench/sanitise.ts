import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import { type LocalCloud, startLocalCloud } from '../cloud.ts'
import { pullRequestEvent } from '../github/events.ts'
import { startStep } from '../runner/step.ts'
import { LABEL, SOURCE, connectToSource, seedRepository, seedSource } from '../team.ts'
import { AT_ONCE } from './measure.ts'
import { median, padTable } from './table.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const STEP_LIMIT_MS = 8 * 60_000
const LOOK_EVERY_MS = 20
const QUARANTINE = 'sg-0c105ed0000000000'
const COLUMNS_A_TABLE = 100

/** What a run has to do in the database of its clone. */
interface Load {
  readonly statements: number
  /** Beside the two of the table that is changed. */
  readonly columns: number
}

const LOADS: readonly Load[] = [
  { statements: 1, columns: 0 },
  { statements: 10_000, columns: 0 },
  { statements: 1, columns: 5_000 },
]

interface Figures {
  /** From the start of the process to the request for the clone: files are read and split before. */
  readonly requestedMs: number
  /** From the first statement that is sent to the last. */
  readonly sqlMs: number
  /** Of the process, whole run. */
  readonly cpuMs: number
  readonly peakMb: number
  readonly calls: number
}

export interface SanitisePlan {
  readonly bundle: string
  readonly rounds: number
  readonly signal: AbortSignal
  readonly report: (line: string) => void
}

/** What a run takes that sanitises much, on real PostgreSQL, beside one that has hardly anything to do. */
export async function measureSanitising({
  bundle,
  rounds,
  signal,
  report,
}: SanitisePlan): Promise<readonly string[]> {
  const measured = LOADS.map((): Figures[] => [])
  for (let round = 1; round <= rounds; round += 1)
    for (const [index, load] of LOADS.entries()) {
      signal.throwIfAborted()
      report(`round ${round} of ${rounds}: ${titleOf(load)}`)
      measured[index]?.push(await measureOne(bundle, load))
    }
  const [base = []] = measured
  const header = [
    '',
    'start → clone requested',
    'SQL',
    'own processor time',
    'peak memory',
    'calls of the Data API',
  ]
  const rows = LOADS.map((load, index) => {
    const all = measured[index] ?? []
    const cell = (name: keyof Figures, digits: number, unit: string): string => {
      const ratios = all.map((figures, round) => figures[name] / (base[round]?.[name] ?? NaN))
      const value = median(all.map((figures) => figures[name])) / (unit === ' s' ? 1_000 : 1)
      const text = value.toLocaleString('en-US', {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      })
      return index === 0 || unit === '' ? `${text}${unit}` : `${text}${unit} (${median(ratios).toFixed(1)}×)`
    }
    return [
      titleOf(load),
      cell('requestedMs', 2, ' s'),
      cell('sqlMs', 2, ' s'),
      cell('cpuMs', 2, ' s'),
      cell('peakMb', 0, ' MB'),
      cell('calls', 0, ''),
    ]
  })
  return padTable([header, ...rows])
}

function titleOf({ statements, columns }: Load): string {
  const count = (number: number, what: string): string =>
    `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`
  return `${count(statements, 'statement')}, ${count(columns + 2, 'column')}`
}

async function measureOne(bundle: string, load: Load): Promise<Figures> {
  const cloud = await startLocalCloud({
    databases: true,
    behaviour: AT_ONCE,
    closedSecurityGroups: [QUARANTINE],
  })
  try {
    seedSource(cloud, 'aurora-postgresql')
    await fillSource(cloud, load)
    return await play(cloud, { bundle, load })
  } finally {
    await cloud.close()
  }
}

/** A row for each statement, and wide tables. */
async function fillSource(cloud: LocalCloud, { statements, columns }: Load): Promise<void> {
  await cloud.databases?.settle()
  const client = await connectToSource(cloud)
  const tables = Array.from({ length: columns / COLUMNS_A_TABLE }, (_, table) => {
    const names = Array.from({ length: COLUMNS_A_TABLE }, (_, column) => `c${column} integer`)
    return `CREATE TABLE wide${table} (${names.join(', ')})`
  })
  try {
    const rows = `INSERT INTO people SELECT n, 'name ' || n FROM generate_series(1, ${statements}) AS n`
    await client.query(['CREATE TABLE people (id integer PRIMARY KEY, name text)', rows, ...tables].join(';'))
  } finally {
    await client.close()
  }
}

/** A line for each column, and a statement for each row. */
function filesOf({ statements, columns }: Load): Readonly<Record<string, string>> {
  const lines = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('')
  return {
    'sanitise.sql': lines(statements, (index) => `UPDATE people SET name = 'x' WHERE id = ${index + 1};`),
    'columns.txt': `public.people.id: kept\npublic.people.name: masked\n${lines(
      columns,
      (index) => `public.wide${Math.floor(index / COLUMNS_A_TABLE)}.c${index % COLUMNS_A_TABLE}: kept`,
    )}`,
  }
}

async function play(
  cloud: LocalCloud,
  { bundle, load }: { readonly bundle: string; readonly load: Load },
): Promise<Figures> {
  const { github, environment } = cloud
  const { pull: pullRequest, token } = seedRepository(cloud, { isPublic: false })
  pullRequest.addLabel(LABEL)
  pullRequest.repository.push('main', filesOf(load))
  const startedAt = cloud.clock.now()
  const { pid = 0, result } = startStep({
    script: bundle,
    event: pullRequestEvent(github, { pullRequest, action: 'labeled', label: LABEL }),
    github,
    token,
    inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
    inputs: {
      'source-cluster': SOURCE,
      label: LABEL,
      'sanitize-sql': 'sanitise.sql',
      'column-decisions': 'columns.txt',
      'quarantine-security-group-ids': QUARANTINE,
    },
    env: environment,
    timeoutMs: STEP_LIMIT_MS,
  })
  const usage = watchUsage(pid)
  const { outputs, log } = await result
  usage.end()
  if (outputs['outcome'] !== 'ready') throw new Error(`the action was to end ready:\n${log.slice(-2_000)}`)
  const timesOf = (name: string): readonly number[] =>
    cloud.aws.requests.filter(({ operation }) => operation === name).map(({ at }) => at)
  const sql = timesOf('ExecuteStatement')
  return {
    requestedMs: (timesOf('RestoreDBClusterToPointInTime')[0] ?? NaN) - startedAt,
    sqlMs: (sql.at(-1) ?? NaN) - (sql[0] ?? NaN),
    ...usage.figures(),
    calls: sql.length,
  }
}

/** What the system says of a process; its clock ticks a hundred times a second (proc(5)). */
function watchUsage(pid: number): { end: () => void; figures: () => Pick<Figures, 'cpuMs' | 'peakMb'> } {
  let figures = { cpuMs: NaN, peakMb: NaN }
  const look = setInterval(() => {
    try {
      const [utime = 0, stime = 0] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
        .slice(11, 13)
        .map(Number)
      const [, peakKb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []

      if (peakKb !== undefined) figures = { cpuMs: (utime + stime) * 10, peakMb: Number(peakKb) / 1_024 }
    } catch {
      // It has ended, or this is no Linux.
    }
  }, LOOK_EVERY_MS)
  return {
    end: () => {
      clearInterval(look)
    },
    figures: () => figures,
  }
}
