import { errorCode } from '../database/error-code.ts'
import { type SqlClient, connectTo } from '../database/sql-client.ts'
import type { LocalCloud } from '../cloud.ts'
import type { StepResult } from '../runner/step.ts'
import { MASTER_PASSWORD, SOURCE, connectToSource } from '../team.ts'
import { type Terminal, alignColumns } from './terminal.ts'

// What the team does with the database, over a connection of its own: the action has no part in it.

/** What the pull request is about. It destroys on purpose: that is what a database of its own is for. */
const MIGRATION = [
  'CREATE TABLE order_totals AS SELECT id, total_cents FROM orders',
  'ALTER TABLE orders DROP COLUMN total_cents',
  'DELETE FROM orders WHERE id > 1000',
  'DROP TABLE customers',
] as const
const MADE_BY_MIGRATION = 'order_totals'

/** Rows by table. */
type Tables = ReadonlyMap<string, number>

interface Sides {
  readonly source: Tables
  readonly clone: Tables
}

export interface Visited {
  readonly lines: readonly string[]
  /** What is not as it must be. */
  readonly surprise?: string
}

type Outputs = StepResult['outputs']

/** The team's client: it knows the clone by the outputs of the steps, and the password from the source. */
export class TeamClient {
  readonly #cloud: LocalCloud
  readonly #terminal: Terminal
  #hasMigrated = false

  constructor(cloud: LocalCloud, terminal: Terminal) {
    this.#cloud = cloud
    this.#terminal = terminal
  }

  /**
   * What it does after a step: a clone that is ready is migrated once and looked at afterwards, one that is deleted must not
   * answer any more. The outputs are those of the step, or of the one before where it left one empty.
   */
  async visit(outputs: Outputs): Promise<Visited> {
    switch (outputs['outcome']) {
      case 'ready':
        return await this.#enter(outputs)
      case 'deleting':
      case 'destroyed':
        return await this.#findItGone(outputs)
      default:
        return { lines: [] }
    }
  }

  async #enter(outputs: Outputs): Promise<Visited> {
    const clone = await this.#connectToClone(outputs)
    try {
      const visited = this.#hasMigrated ? await this.#look(clone) : await this.#migrate(clone)
      this.#hasMigrated = true
      const { endpoint = '', port = '', 'database-name': name = '', 'master-username': user = '' } = outputs
      const where = `connected to ${endpoint}:${port}/${name} as ${user}, with the password of the source`
      return { ...visited, lines: [where, '', ...visited.lines] }
    } finally {
      await clone.close()
    }
  }

  async #migrate(clone: SqlClient): Promise<Visited> {
    const before = await this.#sides(clone)
    for (const statement of MIGRATION) await clone.query(statement)
    const after = await this.#sides(clone)
    const lines = [
      ...comparison(before, this.#terminal),
      '',
      ...MIGRATION.map((statement) => this.#terminal.cyan(`${statement};`)),
      '',
      ...comparison(after, this.#terminal),
    ]
    if (!isSame(before.source, before.clone))
      return { lines, surprise: 'the clone does not have the rows of its source' }
    if (!isSame(before.source, after.source))
      return { lines, surprise: 'the migration on the clone has changed the source' }
    return { lines }
  }

  async #look(clone: SqlClient): Promise<Visited> {
    const sides = await this.#sides(clone)
    const lines = comparison(sides, this.#terminal)
    return sides.clone.has(MADE_BY_MIGRATION)
      ? { lines }
      : { lines, surprise: 'the migration on the clone is lost' }
  }

  async #findItGone(outputs: Outputs): Promise<Visited> {
    const address = `${outputs['endpoint'] ?? ''}:${outputs['port'] ?? ''}`
    const rows = [...(await tablesOfSource(this.#cloud))].map(([table, count]) => `${table} ${count}`)
    const lines = [
      `nobody answers at ${address} any more`,
      `the source still has its rows: ${rows.join(', ')}`,
    ]
    try {
      const clone = await this.#connectToClone(outputs)
      await clone.close()
      return { lines: [], surprise: `the database of the clone still answers at ${address}` }
    } catch (error) {
      if (errorCode(error) === 'ECONNREFUSED') return { lines }
      throw error
    }
  }

  async #sides(clone: SqlClient): Promise<Sides> {
    return { source: await tablesOfSource(this.#cloud), clone: await tablesOf(clone) }
  }

  async #connectToClone(outputs: Outputs): Promise<SqlClient> {
    return await connectTo(this.#cloud.region.cluster(SOURCE)?.engine ?? '', {
      host: outputs['endpoint'] ?? '',
      port: Number(outputs['port']),
      user: outputs['master-username'] ?? '',
      password: MASTER_PASSWORD,
      database: outputs['database-name'],
    })
  }
}

function isSame(one: Tables, other: Tables): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other])
}

async function tablesOfSource(cloud: LocalCloud): Promise<Tables> {
  const client = await connectToSource(cloud)
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

function comparison({ source, clone }: Sides, { bold, dim }: Terminal): readonly string[] {
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
