import { afterEach, describe, expect, test } from '@jest/globals'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database, DatabaseEngine, NewDatabase } from '../../../local/database/engine.ts'
import { PortPool } from '../../../local/database/ports.ts'
import { nativeDirectory, postgresql } from '../../../local/database/postgresql.ts'
import { serverUser } from '../../../local/database/server-user.ts'
import { type SqlClient, connectTo } from '../../../local/database/sql-client.ts'

const MASTER = { masterUsername: 'master', masterPassword: 'master-password' } as const

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Databases in a directory of their own, each by its name. */
class Site {
  readonly directory: string
  readonly #engine: DatabaseEngine
  readonly #ports: PortPool

  constructor(directory: string, { engine, ports }: { engine: DatabaseEngine; ports: PortPool }) {
    this.directory = directory
    this.#engine = engine
    this.#ports = ports
  }

  open(name: string): { database: Database; directory: string; port: number } {
    const place = { directory: join(this.directory, name), port: this.#ports.take() }
    const database = this.#engine.open(place)
    closing.push(() => database.remove())
    return { database, ...place }
  }

  async create(options: Partial<NewDatabase> = {}) {
    const opened = this.open('source')
    await opened.database.create({ ...MASTER, ...options })
    await opened.database.start()
    return opened
  }
}

async function aSite(): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'postgresql-test-'))
  closing.push(() => rm(directory, { recursive: true }))
  await chmod(directory, 0o711)
  const engine = await postgresql({ directory, user: await serverUser() }, nativeDirectory())
  if ('missing' in engine) throw new Error(engine.missing)
  return new Site(directory, { engine, ports: await PortPool.of(5) })
}

async function connect(port: number, { database = 'postgres' } = {}): Promise<SqlClient> {
  const { masterUsername: user, masterPassword: password } = MASTER
  const client = await connectTo('aurora-postgresql', { host: '127.0.0.1', port, user, password, database })
  closing.push(() => client.close())
  return client
}

/** For what only real time brings. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('the master user', () => {
  test.each([
    ['where no database was asked for', {}],
    ['where one of its name was asked for', { databaseName: 'postgres' }],
  ])('owns the database that is always there: %s', async (_why, options) => {
    const { port } = await (await aSite()).create(options)
    const client = await connect(port)
    await client.query('CREATE TABLE orders AS SELECT 1 AS id; CREATE EXTENSION pgcrypto')
    expect(await client.query('SELECT id FROM orders')).toEqual([{ id: 1 }])
  })
})

describe('a copy', () => {
  test('can be used however much is written while it is made', async () => {
    const site = await aSite()
    const source = await site.create()
    const client = await connect(source.port)
    await client.query('CREATE TABLE kept AS SELECT 1 AS one; CREATE TABLE passing (text text)')
    // Many files take their time: enough for the server to write its whole log anew.
    const slow = join(source.directory, 'base', 'slow')
    await mkdir(slow)
    for (let file = 0; file < 10_000; file++) await writeFile(join(slow, String(file)), '')
    const copied = new AbortController()
    // Twice what the server keeps of its log (64 segments of 1 MiB).
    const writing = (async (): Promise<void> => {
      for (let round = 0; round < 8 && !copied.signal.aborted; round++)
        await client.query(
          "INSERT INTO passing SELECT repeat('x', 1000) FROM generate_series(1, 20000); TRUNCATE passing",
        )
    })()
    const clone = site.open('clone')
    await source.database.copyTo(clone.directory).finally(() => {
      copied.abort()
    })
    await writing
    await clone.database.start()
    expect(await (await connect(clone.port)).query('SELECT one FROM kept')).toEqual([{ one: 1 }])
  })

  test('of a server that was killed is made by a new one, not of what it has left', async () => {
    const site = await aSite()
    const source = await site.create()
    await (await connect(source.port)).query('CREATE TABLE kept AS SELECT 1 AS one')
    const [pid] = (await readFile(join(source.directory, 'postmaster.pid'), 'utf8')).split('\n')
    process.kill(Number(pid), 'SIGKILL')
    await until(() => !source.database.isRunning)
    const clone = site.open('clone')
    // Refused while processes of the server that was killed are left.
    await until(async () => {
      await source.database.copyTo(clone.directory).catch(() => clone.database.remove())
      return source.database.isRunning
    })
    await clone.database.start()
    expect(await (await connect(clone.port)).query('SELECT one FROM kept')).toEqual([{ one: 1 }])
  })
})

describe('a server that cannot start', () => {
  test('because its port is taken by something that never answers, says so', async () => {
    const { database, port } = (await aSite()).open('source')
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => silent.close(resolve)))
    silent.on('connection', (socket) => closing.push(() => Promise.resolve(socket.destroy())))
    await database.create(MASTER)
    await expect(database.start()).rejects.toThrow(/PostgreSQL ended by itself.*could not bind/s)
    expect(database.isRunning).toBe(false)
  })
})
