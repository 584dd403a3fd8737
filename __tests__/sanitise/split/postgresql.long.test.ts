import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { PortPool } from '../../../local/database/ports.ts'
import { nativeDirectory, postgresql } from '../../../local/database/postgresql.ts'
import { serverUser } from '../../../local/database/server-user.ts'
import { splitPostgresql } from '../../../src/sanitise/split/postgresql.ts'
import { ALONE, POSTGRESQL, TOGETHER } from './cases.ts'

const closing: (() => Promise<unknown>)[] = []
let client: pg.Client

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'split-test-'))
  closing.push(() => rm(directory, { recursive: true }))
  await chmod(directory, 0o711)
  const engine = await postgresql({ directory, user: await serverUser() }, nativeDirectory())
  if ('missing' in engine) throw new Error(engine.missing)
  const port = (await PortPool.of(1)).take()
  const database = engine.open({ directory: join(directory, 'data'), port })
  closing.push(() => database.remove())
  const [user, password] = ['master', 'master-password']
  await database.create({ masterUsername: user, masterPassword: password })
  await database.start()
  client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' })
  await client.connect()
  closing.push(() => client.end())
})

afterAll(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

let count = 0
/** With a name, it is prepared, and only one statement can be. */
const runOne = async (text: string): Promise<unknown> =>
  await client.query({ name: `s${(count += 1)}`, text })

test.each(POSTGRESQL)('a server takes each statement of “$name” alone', async ({ script }) => {
  const split = await splitPostgresql({ name: 'a.sql', content: Buffer.from(script) })
  if ('problems' in split) throw new Error(JSON.stringify(split.problems))
  for (const { text } of split.statements) await runOne(text)
})

test('a server takes no two statements at once', async () => {
  await expect(runOne('SELECT 1; SELECT 2')).rejects.toThrow('multiple commands')
})

/** `active_sql_transaction` [PostgreSQL documentation, appendix A] */
const IN_TRANSACTION = '25001'

async function codeInTransaction(text: string): Promise<unknown> {
  await client.query('BEGIN')
  try {
    await client.query(text)
    return undefined
  } catch (error) {
    return (error as { readonly code?: unknown }).code
  } finally {
    await client.query('ROLLBACK')
  }
}

// Of these it depends on the subscription's slot, so a server first looks for the subscription.
const DECIDED_LATER = /^(?:ALTER|DROP) SUBSCRIPTION/

test.each(ALONE.filter((text) => !DECIDED_LATER.test(text)))(
  'a server refuses %s in a transaction',
  async (text) => {
    expect(await codeInTransaction(text)).toBe(IN_TRANSACTION)
  },
)

test.each(TOGETHER)('a server does not refuse %s in a transaction for being there', async (text) => {
  expect(await codeInTransaction(text)).not.toBe(IN_TRANSACTION)
})
