import type { LocalCloud } from '../cloud.ts'
import { errorCode } from '../database/error-code.ts'
import { type Row, type SqlClient, connectTo } from '../database/sql-client.ts'
import {
  DATABASE,
  type Engine,
  MASTER_PASSWORD,
  MASTER_USERNAMES,
  connectToSource,
  seedRows,
  seedSource,
} from '../team.ts'

// A team whose source has personal data: what it has at AWS and in its repository before it uses the action.

export const PRODUCTION = 'orders-production'
/** The group that a clone stays in until it is clean: it lets nobody in. */
export const QUARANTINE = 'sg-0c105ed0000000000'

export interface Login {
  readonly user: string
  readonly password: string
}

/** The logins of the source that people and programs have, the master's first. */
export const loginsOf = (engine: Engine): readonly [Login, ...Login[]] => [
  { user: MASTER_USERNAMES[engine], password: MASTER_PASSWORD },
  { user: 'shop_app', password: 'app-password' },
  { user: 'reporting', password: 'reporting-password' },
]

const PERSONS = `
UPDATE customers SET name = 'Ada Lovelace', email = 'ada@lovelace.example' WHERE id = 1;
UPDATE customers SET name = 'Alan Turing', email = 'alan.turing@bletchley.example' WHERE id = 2;
UPDATE customers SET name = 'Grace Hopper', email = 'grace@navy.example' WHERE id = 3;
`

const newLogin = (engine: Engine, { user, password }: Login): string =>
  engine === 'aurora-mysql'
    ? `CREATE USER ${user} IDENTIFIED BY '${password}'; GRANT SELECT ON ${DATABASE}.* TO ${user};`
    : `CREATE ROLE ${user} LOGIN PASSWORD '${password}'; GRANT SELECT ON customers, orders TO ${user};`

/** Resolves to whether this machine has a server for the engine. */
export async function seedProduction(cloud: LocalCloud, engine: Engine): Promise<boolean> {
  seedSource(cloud, engine, PRODUCTION)
  if (!(await seedRows(cloud, PRODUCTION))) return false
  const [, ...others] = loginsOf(engine)
  await change(cloud, [PERSONS, ...others.map((login) => newLogin(engine, login))].join('\n'))
  return true
}

export const MIGRATION = [
  'ALTER TABLE customers ADD COLUMN phone varchar(20)',
  "UPDATE customers SET phone = '+44 20 7946 0018'",
] as const

/** What the team does to production. */
export async function change(cloud: LocalCloud, sql: string): Promise<void> {
  const client = await connectToSource(cloud, PRODUCTION)
  try {
    await client.query(sql)
  } finally {
    await client.close()
  }
}

// What the team has committed.

export const SQL_FILE = 'db/sanitise/customers.sql'
export const CHECK_FILE = 'db/verify/customers.sql'
export const COLUMNS_FILE = 'db/columns.txt'

type Files = Readonly<Record<string, string>>

const schemaOf = (engine: Engine): string => (engine === 'aurora-mysql' ? DATABASE : 'public')

export const filesOf = (engine: Engine): Files => ({
  [SQL_FILE]: `UPDATE customers SET name = concat('Customer ', id);
UPDATE customers SET email = concat('customer-', id, '@masked.invalid');
`,
  [CHECK_FILE]: `SELECT * FROM customers WHERE email NOT LIKE '%@masked.invalid';
`,
  [COLUMNS_FILE]: `${schemaOf(engine)}.customers.id: kept
${schemaOf(engine)}.customers.name: masked
${schemaOf(engine)}.customers.email: masked
${schemaOf(engine)}.orders.*: kept
`,
})

/** What the team commits once it knows of the new column: lines that are added to files. */
export const decisionOf = (engine: Engine): Files => ({
  [SQL_FILE]: 'UPDATE customers SET phone = NULL;\n',
  [COLUMNS_FILE]: `${schemaOf(engine)}.customers.phone: masked\n`,
})

export function withAdded(files: Files, added: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text + (added[name] ?? '')]))
}

// Who gets in.

/** A wrong password, or a login that is switched off: SQLSTATEs of PostgreSQL, and numbers of MySQL and (4151) MariaDB. */
const REFUSALS: readonly unknown[] = ['28P01', '28000', 1045, 3118, 4151]

function isRefused(error: unknown): boolean {
  const { errno } = Object(error) as { readonly errno?: unknown }
  return REFUSALS.includes(errorCode(error)) || REFUSALS.includes(errno)
}

/** `undefined`: the login works. Otherwise why it does not, in a word or two. */
export async function tryLogin(
  cloud: LocalCloud,
  cluster: string,
  login: Login,
): Promise<string | undefined> {
  try {
    const client = await connect(cloud, cluster, login)
    await client.close()
    return undefined
  } catch (error) {
    if (errorCode(error) === 'ECONNREFUSED') return 'no way in'
    if (isRefused(error)) return 'refused'
    throw error
  }
}

async function connect(cloud: LocalCloud, cluster: string, login: Login): Promise<SqlClient> {
  const { endpoint, engine } = cloud.region.cluster(cluster) ?? {}
  const { address: host = '', port = 0 } = endpoint ?? {}
  return await connectTo(engine ?? '', { host, port, database: DATABASE, ...login })
}

/** The first customers, as the master user of the cluster sees them. */
export async function customersOf(cloud: LocalCloud, cluster: string, login: Login): Promise<readonly Row[]> {
  const client = await connect(cloud, cluster, login)
  try {
    return await client.query('SELECT * FROM customers ORDER BY id')
  } finally {
    await client.close()
  }
}
