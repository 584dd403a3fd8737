import { afterEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { StepResult } from '../../local/runner/step.ts'
import { SOURCE, type World, aWorld } from './world.ts'

// Real rows: every available cluster of the local cloud is a PostgreSQL server here.

const PASSWORD = "it's secret"
const DATABASE = 'shop'

const open: pg.Client[] = []

afterEach(async () => {
  for (const client of open.splice(0)) await client.end()
})

interface Login {
  readonly host?: string | undefined
  readonly port: number
  readonly user?: string | undefined
  readonly password?: string
  readonly database?: string | undefined
}

async function connect({ host = '127.0.0.1', user = 'postgres', password = PASSWORD, ...rest }: Login) {
  const client = new pg.Client({ host, user, password, database: DATABASE, ...rest })
  client.on('error', () => undefined)
  await client.connect()
  open.push(client)
  return client
}

/** As an application would: with nothing but the outputs of the step, and the password that the team knows. */
async function connectBy({ outputs }: StepResult) {
  return await connect({
    host: outputs['endpoint'],
    port: Number(outputs['port']),
    user: outputs['master-username'],
    database: outputs['database-name'],
  })
}

async function connectToSource(world: World) {
  return await connect({ port: portOf(world, SOURCE) })
}

function portOf(world: World, cluster: string): number {
  const view = world.cloud.region.cluster(cluster)
  if (view === undefined) throw new Error(`There is no cluster ${cluster}.`)
  return view.endpoint.port
}

async function aShop(options: Parameters<typeof aWorld>[0] = {}): Promise<World> {
  const world = await aWorld({ databases: true, withoutSource: true, speed: 100, ...options })
  world.seedForeign({ identifier: SOURCE, databaseName: DATABASE, masterPassword: PASSWORD })
  const source = await eventually(() => connectToSource(world))
  await source.query(`
    CREATE TABLE orders (id integer PRIMARY KEY, customer text NOT NULL);
    INSERT INTO orders SELECT n, 'customer ' || n FROM generate_series(1, 1000) n;
    CREATE ROLE reporting LOGIN PASSWORD 'reporting-password';
    GRANT SELECT ON orders TO reporting;
  `)
  return world
}

/** What fails is tried again for ten real seconds. */
async function eventually<Value>(attempt: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + 10_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

async function ordersIn(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::integer FROM orders')
  return rows[0]?.count ?? NaN
}

describe('a clone with rows', () => {
  test('holds the rows of its source, behind the endpoint, port, user and database of the outputs', async () => {
    const world = await aShop()
    const created = await world.create()
    expect(created.outputs['outcome']).toBe('ready')
    expect(created.outputs['port']).not.toBe(String(portOf(world, SOURCE)))
    expect(await ordersIn(await connectBy(created))).toBe(1_000)
  })

  test('has the users of its source, with their passwords and what they may do', async () => {
    const world = await aShop()
    const port = Number((await world.create()).outputs['port'])
    const reporting = await connect({ port, user: 'reporting', password: 'reporting-password' })
    expect(await ordersIn(reporting)).toBe(1_000)
    await expect(reporting.query('DELETE FROM orders')).rejects.toThrow('permission denied')
    await expect(connect({ port, password: 'a guess' })).rejects.toThrow('password authentication failed')
  })

  test('shares nothing with its source: what is changed on one side is not seen on the other', async () => {
    const world = await aShop()
    const source = await connectToSource(world)
    const clone = await connectBy(await world.create())
    await clone.query('ALTER TABLE orders DROP COLUMN customer; DELETE FROM orders WHERE id > 10')
    await source.query("INSERT INTO orders VALUES (1001, 'later')")
    expect(await ordersIn(source)).toBe(1_001)
    expect(await ordersIn(clone)).toBe(10)
    const { rows } = await source.query('SELECT customer FROM orders WHERE id = 1')
    expect(rows).toEqual([{ customer: 'customer 1' }])
  })

  test('keeps what was done to it when somebody pushes', async () => {
    const world = await aShop()
    const clone = await connectBy(await world.create())
    await clone.query('CREATE TABLE migrated (); DELETE FROM orders WHERE id > 10')
    const pushed = await world.create({}, { event: world.synchronize() })
    expect(pushed.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    const again = await connectBy(pushed)
    expect(await ordersIn(again)).toBe(10)
    // The very connection of before: the server was not even restarted.
    expect(await ordersIn(clone)).toBe(10)
  })

  test('is gone with its pull request, and the source answers on', async () => {
    const world = await aShop()
    const source = await connectToSource(world)
    const created = await world.create()
    await connectBy(created)
    await world.destroy({}, { event: world.close() })
    await expect(connectBy(created)).rejects.toThrow('ECONNREFUSED')
    expect(await ordersIn(source)).toBe(1_000)
  })

  test('of a clone has the rows of that clone', async () => {
    const world = await aShop()
    const clone = await connectBy(await world.create())
    await clone.query('DELETE FROM orders WHERE id > 10')
    await world.cloneByHand(world.clone().identifier, 'second')
    await world.addInstanceByHand('second')
    expect(await ordersIn(await connect({ port: portOf(world, 'second') }))).toBe(10)
  })
})

describe('a copy of a source that is written to', () => {
  test('is consistent, and nobody’s connection to the source is cut', async () => {
    const world = await aShop()
    const source = await connectToSource(world)
    await source.query('CREATE TABLE ledger (account text, amount integer)')
    const writer = await connectToSource(world)
    let isWriting = true
    const written = (async (): Promise<number> => {
      let transfers = 0
      while (isWriting) {
        // Two rows at once, or none: their sum is 0 at every moment that somebody can see.
        await writer.query(
          `BEGIN; INSERT INTO ledger SELECT 'a', n FROM generate_series(1, 50) n;
           INSERT INTO ledger SELECT 'b', -n FROM generate_series(1, 50) n; COMMIT`,
        )
        transfers++
      }
      return transfers
    })()
    const created = await world.create()
    isWriting = false
    const transfers = await written
    const clone = await connectBy(created)
    const { rows } = await clone.query<{ sum: string; count: number }>(
      'SELECT coalesce(sum(amount), 0) AS sum, count(*)::integer FROM ledger',
    )
    expect(rows[0]?.sum).toBe('0')
    expect(rows[0]?.count).toBeLessThan(transfers * 100)
    await clone.query('CREATE INDEX ON ledger (account); INSERT INTO orders VALUES (2000, $$new$$)')
  })
})

describe('probe', () => {
  // Virtual: `available` is there long before anybody listens.
  const behaviour = { listeningAfterMs: 60_000 }

  test('waits until the endpoint accepts a connection', async () => {
    const world = await aShop({ behaviour })
    const created = await world.create({ probe: 'true' })
    expect(created.outputs['outcome']).toBe('ready')
    expect(created.log).toContain('to accept a connection (ECONNREFUSED)')
    expect(await ordersIn(await connectBy(created))).toBe(1_000)
  })

  test('fails when nobody ever listens, and leaves the clone', async () => {
    const never = 365 * 24 * 3_600_000
    const world = await aWorld({ databases: true, speed: 100, behaviour: { listeningAfterMs: never } })
    await world.cloud.databases?.settle()
    const created = await world.create({ probe: 'true', 'wait-timeout': '5m' })
    expect(created.conclusion).toBe('failure')
    expect(created.log).toContain('accepted no TCP connection from this runner')
    expect(world.clone().status).toBe('available')
  })

  test('is what makes the difference: without it, the clone is ready before it can be used', async () => {
    const world = await aShop({ behaviour })
    const created = await world.create()
    expect(created.outputs['outcome']).toBe('ready')
    await expect(connectBy(created)).rejects.toThrow('ECONNREFUSED')
  })
})
