import { type Socket, connect as connectSocket } from 'node:net'
import { describe, expect } from '@jest/globals'
import type { RegionSnapshot } from '../../local/aurora/region.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { ServerHooks } from '../../local/aurora/server.ts'
import type { Engine } from '../../local/team.ts'
import { mariadb } from '../../local/database/mariadb.ts'
import { serverUser } from '../../local/database/server-user.ts'
import { type Row, type SqlClient, connectTo, outsideTime } from '../../local/database/sql-client.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { working } from '../../local/time/clock.ts'
import { splitSql } from '../../src/sanitise/split/index.ts'
import { SOURCE, type World, aWorld } from './world.ts'

/** The group that a clone stays in until it is clean: it lets nobody in. */
export const QUARANTINE = 'sg-00000000000000000'

interface Login {
  readonly user: string
  readonly password: string
}

/** Passwords of production. None of them may ever open a clone that is to be sanitised. */
export const LOGINS: Readonly<Record<Engine, readonly Login[]>> = {
  'aurora-postgresql': [
    { user: 'postgres', password: 'master of production' },
    { user: 'app', password: 'app of production' },
    { user: 'reporting', password: 'reporting of production' },
  ],
  'aurora-mysql': [
    { user: 'admin', password: 'master of production' },
    { user: 'app', password: 'app of production' },
    { user: 'reporting', password: 'reporting of production' },
  ],
}

const SET_UP: Readonly<Record<Engine, string>> = {
  'aurora-postgresql': `
    CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, note bytea);
    INSERT INTO users SELECT n, 'user' || n || '@example.com', 'x' FROM generate_series(1, 20) AS n;
    ANALYZE users;
    CREATE TABLE sessions (token text COLLATE "C", n integer);
    INSERT INTO sessions SELECT n || '@example.com', n FROM generate_series(1, 20) AS n;
    ANALYZE sessions;
    CREATE ROLE app LOGIN PASSWORD 'app of production';
    CREATE ROLE reporting LOGIN PASSWORD 'reporting of production'`,
  'aurora-mysql': `
    CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL, note blob);
    INSERT INTO users WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 20)
      SELECT n, concat('user', n, '@example.com'), 'x' FROM numbers;
    CREATE TABLE sessions (token varchar(100), n integer);
    INSERT INTO sessions SELECT email, id FROM users;
    CREATE USER app IDENTIFIED BY 'app of production';
    CREATE USER reporting IDENTIFIED BY 'reporting of production';
    GRANT SELECT ON shop.* TO app;
    CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM users`,
}

export const FILES: Readonly<Record<string, string>> = {
  'db/sanitise/10-users.sql': `-- Nobody's address.\nUPDATE users SET email = concat('user', id, '@masked.invalid');\nUPDATE users SET note = NULL`,
  'db/sanitise/20-orders.sql': `DELETE FROM users WHERE id > 18;`,
  'db/sanitise/30-sessions.sql': `UPDATE sessions SET token = 'x' WHERE n > 0;\nTRUNCATE TABLE sessions;`,
  'db/verify/users.sql': `SELECT * FROM users WHERE email NOT LIKE '%@masked.invalid'`,
  'db/columns/aurora-postgresql.txt':
    'public.users.email: masked\npublic.users.note: masked\npublic.users.id: kept\npublic.sessions.*: kept\n',
  'db/columns/aurora-mysql.txt':
    'shop.users.email: masked\nshop.users.note: masked\nshop.users.id: kept\nshop.sessions.*: kept\n',
}

/** The first statement of FILES: for MySQL, it stands in a procedure. */
export const SLOW = /^DO \$b.*masked\.invalid'\)|^CALL aurora_clone_action_1\(/s

export function isFirstStatement({ input }: AwsRequestRecord): boolean {
  return SLOW.test(String(input['sql']))
}

/** A source with personal data and logins, a repository with the files that sanitise it, and a quarantine. */
export class PrivateShop {
  readonly world: World
  readonly engine: Engine
  /** What nobody may ever see: who got in, and what was reachable too early. */
  readonly breaches: string[] = []
  readonly #open: SqlClient[] = []
  readonly #atFirst: RegionSnapshot

  constructor(world: World, engine: Engine) {
    this.world = world
    this.engine = engine
    this.#atFirst = world.cloud.region.snapshot()
    world.atEnd.push(() => Promise.all(this.#open.map((client) => client.close())))
  }

  get inputs(): Readonly<Record<string, string>> {
    return {
      'sanitize-sql': 'db/sanitise/*.sql',
      'verify-sql': 'db/verify/*.sql',
      'column-decisions': `db/columns/${this.engine}.txt`,
      'quarantine-security-group-ids': QUARANTINE,
    }
  }

  /** As it was at first, and without the records of clones that are gone: whoever looks goes through all of them. */
  async leave(): Promise<void> {
    const { cloud, pull } = this.world
    const { aws, region } = cloud
    aws.hooks.beforeApply = () => undefined
    aws.hooks.afterApply = () => undefined
    aws.scriptedStatements.splice(0)
    this.commit({})
    for (const { id } of pull.comments()) pull.deleteComment(id)
    region.restore(this.#atFirst)
    await cloud.databases?.closeSecurityGroups([QUARANTINE])
    expect(this.breaches.splice(0)).toEqual([])
  }

  /** The default branch has these files from now on, beside the others. */
  commit(files: Readonly<Record<string, string>>): void {
    this.world.repository.push('main', { ...FILES, ...files })
  }

  async connect(login: Readonly<{ port: number; user: string; password: string }>): Promise<SqlClient> {
    const client = await connectTo(
      this.engine,
      { host: '127.0.0.1', database: 'shop', ...login },
      this.world.clock,
    )
    this.#open.push(client)
    return client
  }

  source() {
    const source = this.world.cloud.region.cluster(SOURCE)
    if (source === undefined) throw new Error('no source')
    return source
  }

  async connectToSource(): Promise<SqlClient> {
    return await this.connect({ port: this.source().endpoint.port, ...this.#master() })
  }

  #master() {
    const [master] = LOGINS[this.engine]
    if (master === undefined) throw new Error('no master')
    return master
  }

  /** With the password that Secrets Manager has, through the network. */
  async connectToClone(): Promise<SqlClient> {
    const { endpoint, masterPassword } = this.world.clone()
    return await this.connect({ port: endpoint.port, ...this.#master(), password: masterPassword })
  }

  /** What the statistics of the clone show of its values. */
  async statistics(): Promise<string> {
    if (this.engine === 'aurora-mysql') return ''
    const client = await this.connectToClone()
    return JSON.stringify(
      await client.query('SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats'),
    )
  }

  /** The logins of production that open a clone through its endpoint now. */
  async intruders(): Promise<readonly string[]> {
    const tries = await this.#tryAll()
    return tries.flatMap(({ got, ...what }) => (got === 'in' ? [`${what.user} on ${what.identifier}`] : []))
  }

  /**
   * From now on clients with every login of production try every clone, whenever AWS is asked something: before it is carried out, and
   * after a change. The calls of `then` come after that.
   */
  watch(then: ServerHooks = {}): void {
    const { hooks } = this.world.cloud.aws
    hooks.beforeApply = async (record) => {
      await this.#look(`before ${record.operation}`)
      await then.beforeApply?.(record)
    }
    hooks.afterApply = async (record) => {
      if (record.mutating) await this.#look(`after ${record.operation}`)
      await then.afterApply?.(record)
    }
  }

  async #look(when: string): Promise<void> {
    const clones = this.world.clones()
    if (
      clones.length > 0 &&
      !clones.some(isClean) &&
      this.world.pull.comments().some(({ body }) => tells(body))
    )
      this.breaches.push(`the comment tells an endpoint ${when}, and no clone was clean`)
    for (const { user, identifier, isClean, got } of await this.#tryAll())
      if (got === 'in') this.breaches.push(`${user} got into ${identifier} ${when}`)
      else if (!isClean) this.breaches.push(`${user} reached ${identifier} ${when}, and it was not clean`)
  }

  async #tryAll() {
    const { clock } = this.world
    const tries = this.world.clones().map(async (clone) => {
      const { identifier, endpoint } = clone
      if (!(await working(clock, 'a connection', () => isReachable(endpoint.port)))) return []
      const got = LOGINS[this.engine].map(async (login) => await this.#tryOne(endpoint.port, login))
      return (await Promise.all(got)).map((one) => ({ ...one, identifier, isClean: isClean(clone) }))
    })
    return (await Promise.all(tries)).flat()
  }

  async #tryOne(port: number, { user, password }: Login) {
    const login = { host: '127.0.0.1', port, user, password, database: 'shop' }
    try {
      const client = await connectTo(this.engine, login, this.world.clock)
      await client.close()
      return { user, got: 'in' as const }
    } catch {
      return { user, got: 'refused by the database' as const }
    }
  }

  async emails(where: 'source' | 'clone'): Promise<readonly string[]> {
    const client = await (where === 'source' ? this.connectToSource() : this.connectToClone())
    const rows = await client.query('SELECT email FROM users ORDER BY id')
    await client.close()
    return rows.map(({ email }) => String(email))
  }

  /** The domains in their addresses. */
  async domains(where: 'source' | 'clone'): Promise<ReadonlySet<string>> {
    return new Set((await this.emails(where)).map((email) => email.replace(/^user\d+@/, '')))
  }

  /** Past every gate, as nobody but AWS can. Of clones there is only one. */
  async administrator(where: 'source' | 'clone', database = 'shop'): Promise<SqlClient> {
    const { databases, clock } = this.world.cloud
    if (databases === undefined) throw new Error('no databases')
    const cluster = where === 'source' ? this.source() : this.world.clone()
    const client = await outsideTime(clock, () => databases.connectAsAdministrator(cluster, database))
    this.#open.push(client)
    return client
  }

  /** The rows of one query, in the same way. */
  async lookInto(where: 'source' | 'clone', sql: string): Promise<readonly Row[]> {
    const client = await this.administrator(where)
    const rows = await client.query(sql)
    await client.close()
    return rows
  }

  /** Whether anything that the action has shown to people names an endpoint. */
  tellsEndpoint({ outputs, log, summary }: StepResult): boolean {
    const shown = [log, summary, ...this.world.pull.comments().map(({ body }) => body)]
    return (outputs['endpoint'] ?? '') !== '' || shown.some(tells)
  }
}

type Clone = ReturnType<World['clone']>

export function isClean({ tags }: Clone): boolean {
  return tags['aurora-clone:sanitised']?.startsWith('clean-') === true
}

/** Every endpoint of the local cloud has this address. */
function tells(text: string): boolean {
  return text.includes('127.0.0.1')
}

export async function aPrivateShop(
  engine: Engine,
  options: Parameters<typeof aWorld>[0] = {},
): Promise<PrivateShop> {
  // A run in this process has the parser ready: it is compiled in a thread that no clock sees.
  await splitSql('postgresql', [{ name: 'warm.sql', content: Buffer.from('SELECT 1') }])
  const world = await aWorld({
    databases: true,
    withoutSource: true,
    closedSecurityGroups: [QUARANTINE],
    ...options,
  })
  const [master] = LOGINS[engine]
  world.seedForeign({
    identifier: SOURCE,
    engine,
    databaseName: 'shop',
    masterUsername: master?.user ?? '',
    masterPassword: master?.password ?? '',
  })
  const shop = new PrivateShop(world, engine)
  shop.commit({})
  await world.cloud.databases?.settle()
  await world.clock.sleep(1)
  const source = await shop.connectToSource()
  await source.query(SET_UP[engine])
  return shop
}

/** Whether the network lets anybody in. */
async function isReachable(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket: Socket = connectSocket({ host: '127.0.0.1', port })
  socket.once('connect', () => {
    resolve(true)
  })
  socket.once('error', () => {
    resolve(false)
  })
  const isOpen = await promise
  socket.destroy()
  return isOpen
}

const sharedShops = new Map<Engine, Promise<PrivateShop>>()

/** The same for all tests of a file, as long as each leaves it and changes nothing in its source. */
export async function theShop(engine: Engine): Promise<PrivateShop> {
  const shop = sharedShops.get(engine) ?? aPrivateShop(engine, { isShared: true })
  sharedShops.set(engine, shop)
  return await shop
}

export function errorOf(run: StepResult): string {
  const [error] = run.annotations.filter(({ level }) => level === 'error')
  return `${error?.title ?? 'no error'}: ${error?.message ?? ''}`
}

const hasMariadb = !('missing' in (await mariadb({ directory: '/', user: await serverUser() })))

export const describeMysql = hasMariadb ? describe : describe.skip

export const AVAILABLE: readonly Engine[] = [
  'aurora-postgresql',
  ...(hasMariadb ? ['aurora-mysql' as const] : []),
]

export const ENGINES: readonly (readonly [Engine, typeof describe | typeof describe.skip])[] = [
  ['aurora-postgresql', describe],
  ['aurora-mysql', describeMysql],
]
