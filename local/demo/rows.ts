import { type SqlClient, connectTo } from '../database/sql-client.ts'
import type { LocalCloud } from '../cloud.ts'
import type { StepResult } from '../runner/step.ts'
import { DATABASE, MASTER_PASSWORD, SOURCE } from '../team.ts'
import { type Terminal, alignColumns } from './terminal.ts'

// What the team does with the database, over a connection of its own: the action has no part in it.

/** After a step: run the migration of the pull request, look whether it is still there, or find nobody at home. */
export type Visit = 'migrate' | 'look' | 'find-it-gone'

/** What the pull request is about. It destroys on purpose: that is what a database of its own is for. */
export const MIGRATION = [
  'CREATE TABLE order_totals AS SELECT id, total_cents FROM orders',
  'ALTER TABLE orders DROP COLUMN total_cents',
  'DELETE FROM orders WHERE id > 1000',
  'DROP TABLE customers',
] as const

/** Rows by table. */
type Tables = ReadonlyMap<string, number>

export interface Visited {
  readonly lines: readonly string[]
  /** What is not as it must be. */
  readonly surprise?: string
}

interface Visiting {
  readonly cloud: LocalCloud
  readonly visit: Visit
  /** Of the step, and of the step before it where this one hands out no endpoint. */
  readonly outputs: StepResult['outputs']
}

export async function visitDatabases(
  { cloud, visit, outputs }: Visiting,
  terminal: Terminal,
): Promise<Visited> {
  const before = await tablesOfSource(cloud)
  if (visit === 'find-it-gone') return await findItGone(cloud, outputs)
  const clone = await connectTo(engineOf(cloud), {
    host: outputs['endpoint'] ?? '',
    port: Number(outputs['port']),
    user: outputs['master-username'] ?? '',
    password: MASTER_PASSWORD,
    database: outputs['database-name'],
  })
  try {
    const found = await tablesOf(clone)
    const client = [
      `connected to ${outputs['endpoint'] ?? ''}:${outputs['port'] ?? ''}/${outputs['database-name'] ?? ''} as ${outputs['master-username'] ?? ''}, with the password of the source`,
    ]
    if (visit === 'look') {
      return {
        lines: [...client, '', ...comparison({ source: before, clone: found }, terminal)],
        ...(found.has('order_totals') ? {} : { surprise: 'the migration on the clone is lost' }),
      }
    }
    for (const statement of MIGRATION) await clone.query(statement)
    const after = { source: await tablesOfSource(cloud), clone: await tablesOf(clone) }
    const isCopy = JSON.stringify([...found]) === JSON.stringify([...before])
    const isIntact = JSON.stringify([...after.source]) === JSON.stringify([...before])
    return {
      lines: [
        ...client,
        '',
        ...comparison({ source: before, clone: found }, terminal),
        '',
        ...MIGRATION.map((statement) => terminal.cyan(`${statement};`)),
        '',
        ...comparison(after, terminal),
      ],
      ...(isCopy ? {} : { surprise: 'the clone does not have the rows of its source' }),
      ...(isIntact ? {} : { surprise: 'the migration on the clone has changed the source' }),
    }
  } finally {
    await clone.close()
  }
}

async function findItGone(cloud: LocalCloud, outputs: StepResult['outputs']): Promise<Visited> {
  const address = `${outputs['endpoint'] ?? ''}:${outputs['port'] ?? ''}`
  const source = [...(await tablesOfSource(cloud))].map(([table, rows]) => `${table} ${rows}`).join(', ')
  try {
    const client = await connectTo(engineOf(cloud), {
      host: outputs['endpoint'] ?? '',
      port: Number(outputs['port']),
      user: outputs['master-username'] ?? '',
      password: MASTER_PASSWORD,
    })
    await client.close()
    return { lines: [], surprise: `the database of the clone still answers at ${address}` }
  } catch {
    return { lines: [`nobody answers at ${address} any more`, `the source still has its rows: ${source}`] }
  }
}

const engineOf = ({ region }: LocalCloud): string => region.cluster(SOURCE)?.engine ?? ''

async function tablesOfSource(cloud: LocalCloud): Promise<Tables> {
  const source = cloud.region.cluster(SOURCE)
  if (source === undefined) throw new Error(`The cluster ${SOURCE} is gone.`)
  const client = await connectTo(source.engine, {
    host: source.endpoint.address,
    port: source.endpoint.port,
    user: source.masterUsername,
    password: MASTER_PASSWORD,
    database: DATABASE,
  })
  try {
    return await tablesOf(client)
  } finally {
    await client.close()
  }
}

async function tablesOf(client: SqlClient): Promise<Tables> {
  const tables = await client.query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema IN ('public', 'orders') ORDER BY 1",
  )
  const counted = new Map<string, number>()
  for (const { name } of tables) {
    const [row] = await client.query(`SELECT count(*) AS count FROM ${String(name)}`)
    counted.set(String(name), Number(row?.['count']))
  }
  return counted
}

function comparison(
  { source, clone }: { readonly source: Tables; readonly clone: Tables },
  { bold, dim }: Terminal,
): readonly string[] {
  const names = [...new Set([...source.keys(), ...clone.keys()])].toSorted()
  const cell = (rows: number | undefined): string => (rows === undefined ? dim('–') : `${rows} rows`)
  return alignColumns(
    [
      ['Table', 'Source', 'Clone'].map(bold),
      ...names.map((name) => [name, cell(source.get(name)), cell(clone.get(name))]),
    ],
    ['left', 'right', 'right'],
  )
}
