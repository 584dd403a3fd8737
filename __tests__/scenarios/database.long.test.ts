import { afterEach, describe, expect, test } from '@jest/globals'
import type { Engine } from '../../local/team.ts'
import { type SqlClient, connectTo } from '../../local/database/sql-client.ts'
import { mariadb } from '../../local/database/mariadb.ts'
import { serverUser } from '../../local/database/server-user.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { SOURCE, type World, aTableWorld } from './world.ts'

// Real rows: behind every available cluster of the local cloud there is a database server here.

const PASSWORD = 'it is "secret" & long'
const DATABASE = 'shop'

const MASTER_USERNAMES: Readonly<Record<Engine, string>> = {
  'aurora-postgresql': 'postgres',
  'aurora-mysql': 'admin',
}
const CREATE_REPORTING: Readonly<Record<Engine, string>> = {
  'aurora-postgresql':
    "CREATE ROLE reporting LOGIN PASSWORD 'reporting-password'; GRANT SELECT ON orders TO reporting",
  'aurora-mysql':
    "CREATE USER reporting IDENTIFIED BY 'reporting-password'; GRANT SELECT ON orders TO reporting",
}

/** Where the run itself connects, or somebody works all the time: no clock knows of either in this process. */
const CHILD = { inProcess: false }

const open: SqlClient[] = []

afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
})

class Shop {
  readonly world: World
  readonly engine: Engine

  constructor(world: World, engine: Engine) {
    this.world = world
    this.engine = engine
  }

  async connect(login: {
    readonly host?: string
    port: number
    user?: string
    password?: string
    database?: string
  }) {
    const defaults = {
      host: '127.0.0.1',
      user: MASTER_USERNAMES[this.engine],
      password: PASSWORD,
      database: DATABASE,
    }
    const client = await connectTo(this.engine, { ...defaults, ...login }, this.world.clock)
    open.push(client)
    return client
  }

  /** As an application would: with nothing but the outputs of the step, and the password that the team knows. */
  async connectBy({ outputs }: StepResult): Promise<SqlClient> {
    return await this.connect({
      host: outputs['endpoint'] ?? '',
      port: Number(outputs['port']),
      user: outputs['master-username'] ?? '',
      database: outputs['database-name'] ?? '',
    })
  }

  async connectToSource(): Promise<SqlClient> {
    return await this.connect({ port: this.portOf(SOURCE) })
  }

  /** For somebody who works all the time: others must not wait for an end of that. */
  async connectToSourceBeside(): Promise<SqlClient> {
    const login = { host: '127.0.0.1', port: this.portOf(SOURCE), user: MASTER_USERNAMES[this.engine] }
    const client = await connectTo(this.engine, { ...login, password: PASSWORD, database: DATABASE })
    open.push(client)
    return client
  }

  portOf(cluster: string): number {
    const view = this.world.cloud.region.cluster(cluster)
    if (view === undefined) throw new Error(`There is no cluster ${cluster}.`)
    return view.endpoint.port
  }
}

async function aShop(engine: Engine, options: Parameters<typeof aTableWorld>[0] = {}): Promise<Shop> {
  const world = await aTableWorld({ databases: true, withoutSource: true, ...options })
  const login = { databaseName: DATABASE, masterUsername: MASTER_USERNAMES[engine], masterPassword: PASSWORD }
  world.seedForeign({ identifier: SOURCE, engine, ...login })
  const shop = new Shop(world, engine)
  await world.cloud.databases?.settle()
  await world.clock.sleep(options.behaviour?.listeningAfterMs ?? 1)
  const source = await shop.connectToSource()
  await source.query(`
    CREATE TABLE orders (id integer PRIMARY KEY, customer varchar(40) NOT NULL);
    INSERT INTO orders WITH RECURSIVE numbers AS (
      SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 500
    ) SELECT n, concat('customer ', n) FROM numbers;
    ${CREATE_REPORTING[engine]}`)
  return shop
}

async function ordersIn(client: SqlClient): Promise<number> {
  const [row] = await client.query('SELECT count(*) AS count FROM orders')
  return Number(row?.['count'])
}

const hasMariadb = !('missing' in (await mariadb({ directory: '/', user: await serverUser() })))

interface Served {
  readonly engine: Engine
  readonly as: string
  readonly describeEngine: typeof describe | typeof describe.skip
}

const ENGINES: readonly Served[] = [
  { engine: 'aurora-postgresql', as: 'PostgreSQL', describeEngine: describe },
  hasMariadb
    ? { engine: 'aurora-mysql', as: 'MariaDB', describeEngine: describe }
    : { engine: 'aurora-mysql', as: 'MariaDB, which is not installed here', describeEngine: describe.skip },
]

for (const { engine, describeEngine, as } of ENGINES) {
  describeEngine(`a clone of ${engine} with rows, served by ${as}`, () => {
    test('has rows and users of its source, keeps what was done to it, and is gone with its pull request', async () => {
      const shop = await aShop(engine)
      const created = await shop.world.create()
      expect(created.outputs['outcome']).toBe('ready')
      expect(created.outputs['port']).not.toBe(String(shop.portOf(SOURCE)))
      const clone = await shop.connectBy(created)
      expect(await ordersIn(clone)).toBe(500)

      const port = Number(created.outputs['port'])
      const reporting = await shop.connect({ port, user: 'reporting', password: 'reporting-password' })
      expect(await ordersIn(reporting)).toBe(500)
      await expect(reporting.query('DELETE FROM orders')).rejects.toThrow('denied')
      await expect(shop.connect({ port, password: 'a guess' })).rejects.toThrow(
        /authentication failed|Access denied/,
      )

      await clone.query('DELETE FROM orders WHERE id > 10')
      const pushed = await shop.world.create({}, { event: shop.world.synchronize() })
      expect(pushed.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
      expect(await ordersIn(await shop.connectBy(pushed))).toBe(10)
      // The very connection of before: the server was not even restarted.
      expect(await ordersIn(clone)).toBe(10)

      const source = await shop.connectToSource()
      await shop.world.destroy({}, { event: shop.world.close() })
      await expect(shop.connectBy(created)).rejects.toThrow('ECONNREFUSED')
      expect(await ordersIn(source)).toBe(500)
    })

    test.each(['shown-in-status', 'silently-late'] as const)(
      'with a password of its own (%s): that of the source does not open it any more',
      async (newPassword) => {
        const shop = await aShop(engine, { behaviour: { newPassword } })
        const created = await shop.world.create({ 'master-credentials': 'managed' })
        expect(created.outputs['outcome']).toBe('ready')
        await expect(shop.connectBy(created)).rejects.toThrow(/authentication failed|Access denied/)
        const { masterPassword: password, endpoint } = shop.world.clone()
        expect(await ordersIn(await shop.connect({ port: endpoint.port, password }))).toBe(500)
        expect(await ordersIn(await shop.connectToSource())).toBe(500)
      },
    )

    test('shares nothing with its source, and a clone of it has its own rows', async () => {
      const shop = await aShop(engine)
      const created = await shop.world.create()
      const source = await shop.connectToSource()
      const clone = await shop.connectBy(created)
      await clone.query('ALTER TABLE orders DROP COLUMN customer; DELETE FROM orders WHERE id > 10')
      await source.query("INSERT INTO orders VALUES (501, 'later')")
      expect(await ordersIn(source)).toBe(501)
      expect(await ordersIn(clone)).toBe(10)
      expect(await source.query('SELECT customer FROM orders WHERE id = 1')).toEqual([
        { customer: 'customer 1' },
      ])

      await shop.world.cloneByHand(shop.world.clone().identifier, 'second')
      await shop.world.addInstanceByHand('second')
      expect(await ordersIn(await shop.connect({ port: shop.portOf('second') }))).toBe(10)
    })
  })
}

describe('a copy of a source that is written to', () => {
  test('is consistent, and nobody’s connection to the source is cut', async () => {
    const shop = await aShop('aurora-postgresql', CHILD)
    const writer = await shop.connectToSourceBeside()
    await writer.query('CREATE TABLE ledger (account text, amount integer)')
    const writing = new AbortController()
    const written = (async (): Promise<number> => {
      let transfers = 0
      while (!writing.signal.aborted) {
        // A hundred rows at once, or none: their sum is 0 at every moment that somebody can see.
        await writer.query(
          `BEGIN; INSERT INTO ledger SELECT 'a', n FROM generate_series(1, 50) n;
           INSERT INTO ledger SELECT 'b', -n FROM generate_series(1, 50) n; COMMIT`,
        )
        transfers++
      }
      return transfers
    })()
    const created = await shop.world.create()
    writing.abort()
    const transfers = await written
    const clone = await shop.connectBy(created)
    const [row] = await clone.query(
      'SELECT coalesce(sum(amount), 0)::integer AS sum, count(*)::integer FROM ledger',
    )
    expect(row?.['sum']).toBe(0)
    expect(row?.['count']).toBeLessThan(transfers * 100)
    await clone.query("CREATE INDEX ON ledger (account); INSERT INTO orders VALUES (2000, 'new')")
  })
})

describe('probe', () => {
  // Virtual: `available` is there long before anybody listens.
  const behaviour = { listeningAfterMs: 60_000 }

  test('waits until the endpoint accepts a connection', async () => {
    const shop = await aShop('aurora-postgresql', { ...CHILD, behaviour })
    const created = await shop.world.create({ probe: 'true' })
    expect(created.outputs['outcome']).toBe('ready')
    expect(created.log).toContain('to accept a connection (ECONNREFUSED)')
    expect(await ordersIn(await shop.connectBy(created))).toBe(500)
  })

  test('is what makes the difference: without it, the clone is ready before it can be used', async () => {
    const shop = await aShop('aurora-postgresql', { ...CHILD, behaviour })
    const created = await shop.world.create()
    expect(created.outputs['outcome']).toBe('ready')
    await expect(shop.connectBy(created)).rejects.toThrow('ECONNREFUSED')
  })

  test('fails when nobody ever listens, and leaves the clone', async () => {
    const never = 365 * 24 * 3_600_000
    const world = await aTableWorld({ ...CHILD, databases: true, behaviour: { listeningAfterMs: never } })
    await world.cloud.databases?.settle()
    const created = await world.create({ probe: 'true', 'wait-timeout': '5m' })
    expect(created.conclusion).toBe('failure')
    expect(created.log).toContain('accepted no TCP connection at port')
    expect(world.clone().status).toBe('available')
  })
})
